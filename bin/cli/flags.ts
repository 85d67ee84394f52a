/** Options that several commands share. */

export const config = {
  kind: 'parsed',
  parse: String,
  placeholder: 'file',
  brief: 'What was deployed; FAILOVER_CONFIG can name it too',
  default: process.env.FAILOVER_CONFIG || 'failover.yaml',
} as const;

export const dir = {
  kind: 'parsed',
  parse: String,
  placeholder: 'folder',
  brief: 'The bundle of the site, with its .env; FAILOVER_DIR can name it too',
  default: process.env.FAILOVER_DIR || 'onprem',
} as const;

export const json = {
  kind: 'boolean',
  brief: 'Print one JSON document',
  default: false,
  withNegated: false,
} as const;

export const service = {
  kind: 'parsed',
  parse: String,
  placeholder: 'name',
  optional: true,
  brief: 'Which service of failover.yaml; needed if there are several',
} as const;
