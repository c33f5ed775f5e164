import * as z from 'zod/mini';
import { type Asker, LOGICAL_IDS, type StackResources } from './stack.ts';

const Loose = z.record(z.string(), z.unknown());
const Template = z.object({ Resources: z.record(z.string(), z.object({ Properties: z.optional(Loose) })) });
const Statement = z.object({ Effect: z.string(), Action: z.unknown(), Resource: z.unknown() });
const EventPattern = z.object({
  detail: z.object({
    bucket: z.object({ name: z.array(z.string()) }),
    object: z.object({ key: z.array(z.object({ wildcard: z.string() })) }),
  }),
});

/** What a deployed template says beyond the names of its resources. */
export interface DeployedTemplate {
  /** What ingest may read. Absent: the template has no such policy, or not in a form that is understood. */
  grants?: Grant[];
  /** Which messages the subscription takes. */
  filterPolicy?: object;
  /** Which objects the EventBridge rule tells of. */
  rule?: { buckets: string[]; keys: string[] };
}

/** Something that the ingest role is allowed; resources with their wildcards. */
export interface Grant {
  actions: string[];
  resources: string[];
}

/**
 * Reads the template of a stack, as `GetTemplate` returns it.
 * @param resources the stack's, for what the template's functions stand for
 */
export function readTemplate(body: string, resources: StackResources, asker: Asker): DeployedTemplate {
  const template = z.safeParse(Template, parseJson(body));
  if (!template.success) return {};
  const properties = (logicalId: string) => template.data.Resources[logicalId]?.Properties;
  const policy = properties(LOGICAL_IDS.sourcePolicy)?.PolicyDocument;
  const pattern = z.safeParse(EventPattern, properties(LOGICAL_IDS.rule)?.EventPattern);
  const filterPolicy = z.safeParse(Loose, properties(LOGICAL_IDS.subscription)?.FilterPolicy).data;
  const grants = policy === undefined ? undefined : readGrants(policy, (value) => resolve(value, resources, asker));
  return {
    ...(grants && { grants }),
    ...(filterPolicy !== undefined && { filterPolicy }),
    ...(pattern.success && {
      rule: {
        buckets: pattern.data.detail.bucket.name,
        keys: pattern.data.detail.object.key.map(({ wildcard }) => wildcard),
      },
    }),
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // A template in YAML: not of serverless.yml, which uploads JSON.
    return undefined;
  }
}

function readGrants(policy: unknown, resolved: (value: unknown) => string | undefined): Grant[] | undefined {
  const { success, data } = z.safeParse(z.object({ Statement: z.array(z.unknown()) }), policy);
  if (!success) return undefined;
  return data.Statement.flatMap((candidate) => {
    const statement = z.safeParse(Statement, candidate);
    if (!statement.success || statement.data.Effect !== 'Allow') return [];
    const texts = (value: unknown) => [value].flat().flatMap((one) => resolved(one) || []);
    return { actions: texts(statement.data.Action), resources: texts(statement.data.Resource) };
  });
}

/** What `Ref`, `Fn::GetAtt` of an ARN, `Fn::Sub`, and `Fn::Join` of these stand for. */
function resolve(value: unknown, resources: StackResources, asker: Asker): string | undefined {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Sub': text, 'Fn::Join': join } = z.safeParse(Loose, value).data ?? {};
  const joined = z.safeParse(z.tuple([z.string(), z.array(z.unknown())]), join);
  if (joined.success) {
    const [separator, parts] = joined.data;
    return parts.map((part) => resolve(part, resources, asker) ?? '').join(separator);
  }
  if (typeof Ref === 'string') return variable(Ref, resources, asker);
  if (Array.isArray(attribute)) return variable(attribute.join('.'), resources, asker);
  if (typeof text !== 'string') return undefined;
  return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => variable(name, resources, asker) ?? '');
}

function variable(name: string, resources: StackResources, { partition, account, region }: Asker): string | undefined {
  const pseudo: Record<string, string> = {
    'AWS::Partition': partition,
    'AWS::AccountId': account,
    'AWS::Region': region,
  };
  const [logicalId = '', attribute] = name.split('.');
  const resource = resources.get(logicalId);
  if (!resource || attribute === undefined) return pseudo[name] ?? resource?.physicalId;
  if (resource.type === 'AWS::S3::Bucket') return `arn:${partition}:s3:::${resource.physicalId}`;
  if (resource.type === 'AWS::KMS::Key') return `arn:${partition}:kms:${region}:${account}:key/${resource.physicalId}`;
  return undefined;
}
