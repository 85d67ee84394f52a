export { type PartName, partNames } from './catalogue.ts';
export { containerLabel, dockerVersion, pinnedImage } from './docker.ts';
export { type FindOptions, findParts } from './find.ts';
export { freePorts } from './free-port.ts';
export { cacheFolder, type Progress } from './packages.ts';
export { type Invocation, invocation, type Program } from './program.ts';
