#!/usr/bin/env node
import { runFailover } from './cli/app.ts';
import { realContext } from './cli/context.ts';

process.exitCode = await runFailover(process.argv.slice(2), realContext());
