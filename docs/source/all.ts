import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { markdown as doctor } from '../../bin/cli/doctor/reference.ts';
import { markdown as configuration, jsonSchema } from '../../lib/config/reference.ts';
import { costPage } from '../../lib/cost/docs.ts';
import { asJson as dashboard } from '../../monitoring/dashboards/failover.ts';
import { architecture } from './draw.ts';
import { emailsPage } from './emails.ts';
import { states } from './states.ts';
import { readme, runbook } from './status.ts';

/**
 * Every file that is made from code: its path in the repository, and what makes its text. `npm run docs` writes all of
 * them, and a test fails if one differs. Pictures of a drill (`npm run docs:pictures`) and the benchmark's page
 * (`npm run bench -- --docs`) are measured, so they differ each time and are not here.
 */
export const generated: Readonly<Record<string, () => string | Promise<string>>> = {
  'README.md': readme,
  'docs/architecture.svg': architecture,
  'docs/config.schema.json': jsonSchema,
  'docs/configuration.md': configuration,
  'docs/cost.md': costPage,
  'docs/doctor.md': doctor,
  'docs/e-mails.md': emailsPage,
  'docs/runbook.md': runbook,
  'docs/states.svg': states,
  'monitoring/grafana/dashboards/failover.json': dashboard,
};

if (import.meta.main) {
  for (const [file, make] of Object.entries(generated)) {
    writeFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), await make());
    console.log(file);
  }
}
