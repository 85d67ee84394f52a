/** The real programs of a site and of the standby's host, and tools of the tests, as drill and tests ask for them. */
export const partNames = [
  'haproxy',
  'prometheus',
  'promtool',
  'alertmanager',
  'amtool',
  'blackbox_exporter',
  'busybox',
  'stunnel',
  'chromium',
  'shellcheck',
] as const;

export type PartName = (typeof partNames)[number];

/** Where a program may be had from: what each source calls it. */
export type Part = {
  /** The service in onprem/compose.yaml whose pinned image holds the program, and its absolute path in there. */
  image?: { composeService: string; path: string };
  /** Names of the program on a host, best first: Debian prefixes some of them. */
  executables: readonly string[];
  /** Debian and Ubuntu package that holds it. */
  debianPackage: string;
  /** Folder that Debian compiled into the program, and without which it does not start. */
  compiledIn?: string;
  /** Where the program itself is in the package, if what is in `bin` works only where it is installed. */
  folder?: string;
  /** Arguments that make the program print its version and exit 0. */
  versionArguments: readonly string[];
};

const prometheusPackage = { debianPackage: 'prometheus', versionArguments: ['--version'] };
const alertmanagerPackage = { debianPackage: 'prometheus-alertmanager', versionArguments: ['--version'] };

export const catalogue: Readonly<Record<PartName, Part>> = {
  haproxy: {
    image: { composeService: 'haproxy', path: '/usr/local/sbin/haproxy' },
    executables: ['haproxy'],
    debianPackage: 'haproxy',
    versionArguments: ['-v'],
  },
  prometheus: {
    image: { composeService: 'prometheus', path: '/bin/prometheus' },
    executables: ['prometheus'],
    ...prometheusPackage,
  },
  promtool: {
    image: { composeService: 'prometheus', path: '/bin/promtool' },
    executables: ['promtool'],
    ...prometheusPackage,
  },
  alertmanager: {
    image: { composeService: 'alertmanager', path: '/bin/alertmanager' },
    executables: ['alertmanager', 'prometheus-alertmanager'],
    compiledIn: '/usr/share/prometheus/alertmanager',
    ...alertmanagerPackage,
  },
  amtool: {
    image: { composeService: 'alertmanager', path: '/bin/amtool' },
    executables: ['amtool'],
    ...alertmanagerPackage,
  },
  blackbox_exporter: {
    image: { composeService: 'blackbox', path: '/bin/blackbox_exporter' },
    executables: ['blackbox_exporter', 'prometheus-blackbox-exporter'],
    debianPackage: 'prometheus-blackbox-exporter',
    versionArguments: ['--version'],
  },
  stunnel: {
    // Debian's `stunnel` is a wrapper with the options of version 3.
    executables: ['stunnel4', 'stunnel'],
    debianPackage: 'stunnel4',
    versionArguments: ['-version'],
  },
  // For the tests: the report of a drill is opened in a browser, and the steps of the workflows are shell scripts.
  chromium: {
    executables: ['chromium', 'chromium-browser', 'google-chrome'],
    debianPackage: 'chromium',
    versionArguments: ['--version'],
    folder: 'usr/lib/chromium',
  },
  shellcheck: { executables: ['shellcheck'], debianPackage: 'shellcheck', versionArguments: ['--version'] },
  // The shell and the few commands that render.sh and the health checks use.
  busybox: {
    executables: ['busybox'],
    debianPackage: 'busybox-static',
    versionArguments: ['--help'],
  },
};

/** Where a program is in the images of a site. @throws for one that no service of a site runs */
export function placeInImages(name: PartName): { composeService: string; path: string } {
  const { image } = catalogue[name];
  if (image) return image;
  throw new Error(`no service of onprem/compose.yaml runs ${name}`);
}
