import * as z from 'zod/mini';
import { fitsWildcard } from './wildcard.ts';

/** A service of AWS that wants to send something, on behalf of a bucket, a rule or a topic. */
export interface ServiceRequest {
  /** `s3.amazonaws.com` */
  service: string;
  action: string;
  sourceArn: string;
  /** 12 digits; absent: not known. */
  sourceAccount?: string;
}

/** `unclear`: it hangs on a condition that is not understood here. */
export type Decision = 'allowed' | 'denied' | 'unclear';

const Conditions = z.record(z.string(), z.record(z.string(), z.unknown()));
const Statement = z.looseObject({
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.optional(z.unknown()),
  Action: z.optional(z.unknown()),
  Condition: z.optional(Conditions),
});
const Policy = z.looseObject({ Statement: z.unknown() });

/**
 * Whether the policy of a resource lets a service send to it: as IAM decides, for the conditions that such policies have.
 * @param policy JSON; absent, or empty: there is none
 */
export function decide(policy: string | undefined, request: ServiceRequest): Decision {
  const fitting = statementsOf(policy).map((statement) => ({
    effect: statement.Effect,
    fits: fits(statement, request),
  }));
  const has = (effect: string, value: boolean | undefined) =>
    fitting.some((statement) => statement.effect === effect && statement.fits === value);
  if (has('Deny', true)) return 'denied';
  if (has('Deny', undefined)) return 'unclear';
  if (has('Allow', true)) return 'allowed';
  return has('Allow', undefined) ? 'unclear' : 'denied';
}

/** The policy with a statement more, as JSON. */
export function withStatement(policy: string | undefined, statement: object): string {
  const before: { Statement?: unknown } = policy ? JSON.parse(policy) : { Version: '2012-10-17' };
  return JSON.stringify({ ...before, Statement: [...[before.Statement ?? []].flat(), statement] });
}

type Statement = z.infer<typeof Statement>;

/** @throws {z.core.$ZodError} of a policy that AWS would not have taken */
function statementsOf(policy: string | undefined): Statement[] {
  return policy ? [Policy.parse(JSON.parse(policy)).Statement].flat().map((one) => Statement.parse(one)) : [];
}

/** @returns nothing when it hangs on something that is not understood */
function fits(statement: Statement, request: ServiceRequest): boolean | undefined {
  const parts = [
    fitsPrincipal(statement.Principal, request.service),
    fitsAction(statement.Action, request.action),
    ...Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => fitsCondition(operator, key, texts(values), request)),
    ),
  ];
  if (parts.includes(false)) return false;
  return parts.includes(undefined) ? undefined : true;
}

function fitsPrincipal(principal: unknown, service: string): boolean | undefined {
  // NotPrincipal
  if (principal === undefined) return undefined;
  if (principal === '*') return true;
  const { AWS, Service } = principal as { AWS?: unknown; Service?: unknown };
  return texts(Service).includes(service) || texts(AWS).includes('*');
}

function fitsAction(action: unknown, wanted: string): boolean | undefined {
  // NotAction
  if (action === undefined) return undefined;
  return texts(action).some((pattern) => fitsWildcard(pattern.toLowerCase(), wanted.toLowerCase()));
}

function fitsCondition(operator: string, key: string, values: string[], request: ServiceRequest): boolean | undefined {
  const value = contextValue(key.toLowerCase(), request);
  const [, not, comparison] =
    /^(?:Arn|String|Bool)(Not)?(Equals|Like|EqualsIgnoreCase)?(?:IfExists)?$/.exec(operator) ?? [];
  if (value === undefined || (comparison === undefined && !/^Bool/.test(operator))) return undefined;
  // ArnEquals takes wildcards as ArnLike does.
  const isPattern = comparison === 'Like' || operator.startsWith('Arn');
  const isAny = values.some((one) => (isPattern ? fitsWildcard(one, value) : one === value));
  return isAny !== (not !== undefined);
}

function contextValue(key: string, { sourceArn, sourceAccount }: ServiceRequest): string | undefined {
  if (key === 'aws:sourcearn') return sourceArn;
  if (key === 'aws:sourceaccount') return sourceAccount;
  // Services of AWS use TLS.
  return key === 'aws:securetransport' ? 'true' : undefined;
}

function texts(value: unknown): string[] {
  return value === undefined ? [] : [value].flat().map(String);
}
