export { capture } from './capture.ts';
export type { PartName } from './catalogue.ts';
export { dockerVersion, findInDocker, pinnedImage } from './docker.ts';
export { findParts, VERSIONS_VARIABLE, versionsCalled } from './find.ts';
export { freePorts, PORTS_VARIABLE, portRanges, releasePorts, steadyPorts } from './free-port.ts';
export { cacheFolder } from './packages.ts';
export { invocation, type Program } from './program.ts';
