/** Thrown by a check that cannot look: it is skipped, and says why. */
export class CannotLook extends Error {}
