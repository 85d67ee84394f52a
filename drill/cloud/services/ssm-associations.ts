import { DrillError } from '../../kit/errors.ts';
import { checkProperties, type Resource } from '../template.ts';
import { asList, asObject, asString, type Json } from '../values.ts';
import { type CommandDocument, findDocument } from './ssm-document.ts';

/** A document that AWS runs by itself on its targets. */
export interface Association {
  readonly document: CommandDocument;
  readonly instanceIds: readonly string[];
  readonly parameters: Json;
  /** All its properties: one that has changed is applied at once. */
  readonly text: string;
}

/**
 * Reads an association. Its schedule's later rounds fall outside a drill: AWS allows none shorter than 30 minutes.
 * @throws DrillError for an association that the drill cannot carry out
 */
export function readAssociation(resource: Resource, documents: readonly CommandDocument[]): Association {
  const where = `${resource.stack}/${resource.id}`;
  checkProperties(
    resource,
    ['Name', 'Targets', 'InstanceId', 'Parameters'],
    [
      'AssociationName',
      'ScheduleExpression',
      'MaxErrors',
      'MaxConcurrency',
      'ComplianceSeverity',
      'DocumentVersion',
      'WaitForSuccessTimeoutSeconds',
      'Tags',
    ],
  );
  const { properties } = resource;
  const name = asString(properties.Name, `the name of ${where}`);
  const document = findDocument(documents, name);
  if (!document) throw new DrillError(`${where} runs ${name}, which is no document of the assembly`);
  const targets = asList(properties.Targets, `the targets of ${where}`).flatMap((target) => {
    const { Key, Values } = asObject(target, `a target of ${where}`);
    if (Key === 'InstanceIds') return asList(Values, `the values of ${where}`).map(String);
    throw new DrillError(`${where} targets ${String(Key)}; the drill serves InstanceIds`);
  });
  const single = properties.InstanceId;
  return {
    document,
    text: JSON.stringify(properties),
    instanceIds: single === undefined ? targets : [asString(single, `the instance of ${where}`)],
    parameters: asObject(properties.Parameters ?? {}, `the parameters of ${where}`),
  };
}
