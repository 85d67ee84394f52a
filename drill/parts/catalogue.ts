/** The real programs that make up a site, as the drill and the tests ask for them. */
export const partNames = [
  'haproxy',
  'prometheus',
  'promtool',
  'alertmanager',
  'amtool',
  'blackbox_exporter',
  'busybox',
] as const;

export type PartName = (typeof partNames)[number];

/** Where a program may be had from: what each source calls it. */
export type Part = {
  /** Service in onprem/compose.yaml whose pinned image holds the program. */
  composeService: string;
  /** Absolute path of the program inside that image. */
  imagePath: string;
  /** Names of the program on a host, best first: Debian prefixes some of them. */
  executables: readonly string[];
  /** Debian and Ubuntu package that holds it. */
  debianPackage: string;
  /** Folder that Debian compiled into the program, and without which it does not start. */
  compiledIn?: string;
  /** Arguments that make the program print its version and exit 0. */
  versionArguments: readonly string[];
};

const prometheusPackage = { debianPackage: 'prometheus', versionArguments: ['--version'] };
const alertmanagerPackage = { debianPackage: 'prometheus-alertmanager', versionArguments: ['--version'] };

export const catalogue: Readonly<Record<PartName, Part>> = {
  haproxy: {
    composeService: 'haproxy',
    imagePath: '/usr/local/sbin/haproxy',
    executables: ['haproxy'],
    debianPackage: 'haproxy',
    versionArguments: ['-v'],
  },
  prometheus: {
    composeService: 'prometheus',
    imagePath: '/bin/prometheus',
    executables: ['prometheus'],
    ...prometheusPackage,
  },
  promtool: {
    composeService: 'prometheus',
    imagePath: '/bin/promtool',
    executables: ['promtool'],
    ...prometheusPackage,
  },
  alertmanager: {
    composeService: 'alertmanager',
    imagePath: '/bin/alertmanager',
    executables: ['alertmanager', 'prometheus-alertmanager'],
    compiledIn: '/usr/share/prometheus/alertmanager',
    ...alertmanagerPackage,
  },
  amtool: {
    composeService: 'alertmanager',
    imagePath: '/bin/amtool',
    executables: ['amtool'],
    ...alertmanagerPackage,
  },
  blackbox_exporter: {
    composeService: 'blackbox',
    imagePath: '/bin/blackbox_exporter',
    executables: ['blackbox_exporter', 'prometheus-blackbox-exporter'],
    debianPackage: 'prometheus-blackbox-exporter',
    versionArguments: ['--version'],
  },
  // The shell and the few commands that render.sh and the health checks use.
  busybox: {
    composeService: 'blackbox',
    imagePath: '/bin/busybox',
    executables: ['busybox'],
    debianPackage: 'busybox-static',
    versionArguments: ['--help'],
  },
};
