import { App, CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { appOf, configOf, configs } from './templates.ts';

/** Counts what it was shown, and what it finds in it. */
class Checks extends AwsSolutionsChecks {
  checked = 0;

  protected override checkResource(node: CfnResource): void {
    this.checked += 1;
    super.checkResource(node);
  }

  /** One line per finding that nobody has accepted. */
  findingsOf(app: App): string[] {
    app.synth();
    return this.validateScope(app).violations.flatMap(({ ruleName, description, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}: ${description}`),
    );
  }
}

type Accepted = { readonly at: IConstruct; readonly id: string; readonly reason: string };

/** What cdk-nag shall not report, as the constructs say. Warnings of the CDK itself are not among it. */
const acceptedIn = (app: App): Accepted[] =>
  app.node.findAll().flatMap((at) =>
    at.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([id, reason]) => ({ at, id: id.replace(/^annotation::/i, ''), reason }))
      .filter(({ id }) => id.startsWith('AwsSolutions-')),
  );

describe.each(configs)('%s', (file) => {
  it('has no finding that nobody has accepted with a reason', () => {
    const app = appOf(configOf(file));
    const checks = new Checks();
    expect(checks.findingsOf(app)).toEqual([]);
    const resources = app.node.findAll().filter((node) => CfnResource.isCfnResource(node));
    expect(checks.checked).toBe(resources.length);
    expect(checks.checked).toBeGreaterThan(40);
  });

  it('accepts nothing for a whole stack, nothing that is not found, and nothing without a sentence', () => {
    const app = appOf(configOf(file));
    const accepted = acceptedIn(app);
    expect(accepted.length).toBeGreaterThan(3);
    for (const { at, id, reason } of accepted) {
      expect(Stack.isStack(at) || App.isApp(at), `${id} at ${at.node.path}`).toBe(false);
      expect(reason, id).toMatch(/^.{60,}\.$/);
    }
    const every = new Checks();
    Object.defineProperty(every, 'isAcknowledged', { value: () => false });
    const found = every.findingsOf(app);
    for (const { at, id } of accepted) {
      expect(found.filter((line) => line.startsWith(`${id} at ${at.node.path}/`)).length, id).toBe(1);
    }
  });
});

describe('the check itself', () => {
  it('finds what is wrong', () => {
    const app = new App();
    new Topic(new Stack(app, 'Bad'), 'Plain');
    expect(new Checks().findingsOf(app)).toEqual([
      'AwsSolutions-SNS3 at Bad/Plain/Resource: The SNS Topic does not require publishers to use SSL.',
    ]);
  });
});
