import { afterAll, expect, test } from 'vitest';
import { createParameters } from '../../../drill/cloud/services/ssm-parameters.ts';
import { type Assembly, DEFAULT_PLACE, loadAssembly } from '../../../drill/cloud/template.ts';
import type { Json } from '../../../drill/cloud/values.ts';
import { temporaryFolder, writeAssembly } from './fixture.ts';

const folders: { remove(): void }[] = [];
afterAll(() => {
  for (const folder of folders) folder.remove();
});

interface Made {
  readonly image?: string;
  readonly type?: string;
  readonly version?: string;
  readonly description?: string;
}

/** A deployment as the next after another one, by CloudFormation's rules. */
function deployed(
  { image = 'ami-1', type = 't3.small', version = 'VersionA', description = 'd' }: Made,
  after?: Assembly,
  images?: string,
) {
  const folder = temporaryFolder();
  folders.push(folder);
  const Resources: Json = {
    Host: { Type: 'AWS::EC2::Instance', Properties: { ImageId: image, InstanceType: type } },
    Newest: { Type: 'AWS::EC2::Instance', Properties: { ImageId: { Ref: 'Image' } } },
    [version]: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: 'decide' } },
    Parameter: {
      Type: 'AWS::SSM::Parameter',
      Properties: { Name: '/a/certificate', Type: 'String', Value: 'none', Description: description },
    },
  };
  const Parameters = {
    Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: '/aws/newest' },
  };
  writeAssembly(folder.path, { Stack: { Resources, Parameters } });
  return loadAssembly(folder.path, DEFAULT_PLACE, { after, images });
}

const refOf = (assembly: Assembly, id: string) => assembly.all.find((one) => one.id === id)?.ref;

test('a host is another one for another image, and stays for what needs no replacement', () => {
  const first = deployed({});
  expect(refOf(deployed({ type: 't3.large' }, first), 'Host')).toBe(refOf(first, 'Host'));
  const second = deployed({ image: 'ami-2' }, first);
  expect(refOf(second, 'Host')).not.toBe(refOf(first, 'Host'));
  // Back to the image of before is one more machine, not the one that is gone.
  const third = deployed({}, second);
  expect([refOf(first, 'Host'), refOf(second, 'Host')]).not.toContain(refOf(third, 'Host'));
});

test('an image that Amazon publishes replaces the host that follows the newest, and no other', () => {
  const first = deployed({});
  const second = deployed({}, first, 'published');
  expect(refOf(second, 'Newest')).not.toBe(refOf(first, 'Newest'));
  expect(refOf(second, 'Host')).toBe(refOf(first, 'Host'));
});

test('a version stays while its template does, whatever its environment resolves to', () => {
  const first = deployed({});
  expect(refOf(deployed({ image: 'ami-2' }, first), 'VersionA')).toBe(refOf(first, 'VersionA'));
  expect(refOf(deployed({ version: 'VersionB' }, first), 'VersionB')).not.toBe(refOf(first, 'VersionA'));
});

test('a parameter keeps what was put there, until one of its properties changes', () => {
  const first = deployed({});
  const parameters = createParameters(first);
  parameters.put('/a/certificate', 'a certificate');
  parameters.redeploy(deployed({ image: 'ami-2' }, first));
  expect(parameters.values.get('/a/certificate')).toBe('a certificate');
  parameters.redeploy(deployed({ description: 'other words' }, first));
  expect(parameters.values.get('/a/certificate')).toBe('none');
});
