import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseImage } from '../kit/docker.ts';
import type { SiteParts } from '../parts/of-drill.ts';
import type { SiteSettings } from '../site/site.ts';
import type { Reach } from './reach.ts';

/** What is chosen for one site: the name of its API's image, and ports of this machine. */
export interface SitePlace {
  readonly apiImage: string;
  readonly stats: number;
  readonly prometheus: number;
  readonly alertmanager: number;
}

export const local = (port: number) => `127.0.0.1:${port}`;

/**
 * Writes what an operator has beside the compose file (.env, secrets, folders for data) into a folder.
 * Here, and nowhere else, the addresses and secrets of the stage become those of containers.
 * @returns the path of the .env file
 */
export async function writeSiteFiles(
  settings: SiteSettings,
  parts: SiteParts,
  place: SitePlace,
  reach: Reach,
  folder: string,
): Promise<string> {
  const owner = siteUser();
  const own = (path: string) => chownSync(path, owner.uid, owner.gid);
  for (const part of ['', 'data', 'data/prometheus', 'data/alertmanager', 'secrets']) {
    mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
    own(join(folder, part));
  }
  const secret = (name: string, text: string) => {
    const path = join(folder, 'secrets', name);
    writeFileSync(path, text, { mode: 0o600 });
    own(path);
    return path;
  };
  const webhook = new URL(settings.webhookUrl);
  const environment = {
    SITE_USER: `${owner.uid}:${owner.gid}`,
    DATA_FOLDER: join(folder, 'data'),
    SERVICE_NAME: settings.serviceName,
    API_IMAGE: place.apiImage,
    BASE_IMAGE: baseImage,
    HAPROXY_IMAGE: parts.haproxy.image,
    PROMETHEUS_IMAGE: parts.prometheus.image,
    ALERTMANAGER_IMAGE: parts.alertmanager.image,
    BLACKBOX_IMAGE: parts.blackbox_exporter.image,
    HEALTH_PATH: settings.healthPath,
    STANDBY_ADDRESS: await reach.throughLink(Number(settings.standbyAddress.split(':')[1])),
    STANDBY_LINE_ADDRESS: await reach.throughLink(Number(settings.lineAddress.split(':')[1])),
    SITE_CERTIFICATE_FILE: secret('site.pem', settings.siteKeyPair.pem),
    STANDBY_CERTIFICATE_FILE: secret('standby.crt', await settings.standbyCertificate),
    SERVICE_BIND: local(settings.servicePort),
    STATS_BIND: local(place.stats),
    PROMETHEUS_BIND: local(place.prometheus),
    ALERTMANAGER_BIND: local(place.alertmanager),
    FAILOVER_WEBHOOK_URL: `http://${await reach.throughLink(Number(webhook.port))}${webhook.pathname}`,
    WEBHOOK_TOKEN_FILE: secret('webhook_token', settings.token),
    SMTP_SMARTHOST: await reach.throughLink(settings.smtpPort),
    SMTP_FROM: 'alertmanager@site.example',
    SMTP_REQUIRE_TLS: 'false',
    ALERT_EMAIL_TO: settings.mailTo,
  };
  const file = join(folder, '.env');
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

/** Who owns the site's files, as whom its containers run: whoever runs the drill, but not root. */
function siteUser(): { uid: number; gid: number } {
  const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
  return uid === 0 ? { uid: 1000, gid: 1000 } : { uid, gid };
}
