import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import parameters from '../../deploy/parameters.cjs';
import { packageRoot } from '../../local/table-definitions.ts';
import { UsageError } from '../lib/command.ts';

/** Where a deployment is to go. */
export interface Place {
  stage: string;
  /** 12 digits. */
  account: string;
  region: string;
}

/** The name of the stack that serverless.yml deploys for a stage. */
export const stackOf = ({ stage }: Pick<Place, 'stage'>): string => `mwaa-trail-${stage}`;

/**
 * The parameters of a deployment, as Serverless reads them: the defaults, those of the stage in stages.yml, then the given ones.
 * @param given `NAME=VALUE`
 * @param folder with stages.yml: that of serverless.yml
 * @throws {UsageError} with the text with which the deployment refuses
 */
export async function readParameters(
  place: Place,
  given: readonly string[],
  folder = packageRoot(),
): Promise<Readonly<Record<string, string>>> {
  const read = (path: string) => readYaml(path, place);
  const variables: Readonly<Record<string, () => unknown>> = {
    'sls:stage': () => place.stage,
    'self:provider.region': () => place.region,
    'file(./deploy/parameters.yml)': () => read(join(packageRoot(), 'deploy/parameters.yml')),
    'file(./stages.yml), null': () => read(join(folder, 'stages.yml')),
  };
  const resolveVariable = async (name: string) => variables[name]?.();
  const param = [...given];
  const groups = await parameters({ options: { param }, resolveVariable }).catch((error: Error) => {
    throw new UsageError(error.message);
  });
  const values = { ...groups.default, ...groups[place.stage], ...parameters.typedParameters(param) };
  const texts = Object.entries(values).map(([name, value]) => [name, String(value ?? '')]);
  const { logBucket = '', ...others } = Object.fromEntries(texts) as Record<string, string>;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Serverless.
  const isDefault = others.allowedLogBuckets === '${param:logBucket}';
  return { ...others, logBucket, ...(isDefault && { allowedLogBuckets: logBucket }) };
}

/** Returns undefined if there is no such file. @throws {UsageError} if it is not YAML */
function readYaml(path: string, { account, region, ...place }: Place): unknown {
  const names: Readonly<Record<string, string>> = {
    'self:service}-${sls:stage': stackOf(place),
    'AWS::AccountId': account,
    'AWS::Region': region,
  };
  const resolve = (text: string) =>
    Object.entries(names).reduce((sum, [name, value]) => sum.replaceAll(`\${${name}}`, value), text);
  try {
    return parse(readFileSync(path, 'utf8'), { customTags: [{ tag: '!Sub', resolve }] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`${path}: ${(error as Error).message}`);
  }
}
