/**
 * For every AWS client: three tries of at most 4 s each stay below the 20 s after which another
 * decider takes an intent for abandoned and carries it out itself.
 */
export const clientConfig = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 3000 },
} as const;
