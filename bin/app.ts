#!/usr/bin/env node
import { appFromContext } from '../lib/app.ts';
import { ConfigError } from '../lib/config/load.ts';

try {
  appFromContext().synth();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
