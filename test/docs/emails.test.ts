import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { emailsFile, emailsPage } from '../../docs/source/emails.ts';

test('docs/e-mails.md is what the texts and the decisions make: npm run docs:emails', () => {
  expect(readFileSync(emailsFile, 'utf8')).toBe(emailsPage());
});
