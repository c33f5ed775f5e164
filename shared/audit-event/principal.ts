import { defined } from '../defined.ts';
import { type JsonRecord, objectAt, stringAt } from './record-fields.ts';

/**
 * Who did it, by the type of `userIdentity`: `principal` is what people call them, a user's name, `ROLE/SESSION`, a service.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
export function principalOf(record: JsonRecord) {
  const identity = objectAt(record, 'userIdentity');
  const type = stringAt(identity, 'type');
  const nameOf = type !== undefined && Object.hasOwn(NAME_BY_TYPE, type) ? NAME_BY_TYPE[type] : undefined;
  return defined({
    // The others: types Directory and Unknown, types yet to come, no type, and a type that lacks what it should have.
    principal: nameOf?.(identity) || stringAt(identity, 'userName', 'arn', 'principalId', 'invokedBy'),
    principalType: type,
    principalArn: stringAt(identity, 'arn'),
    accessKeyId: stringAt(identity, 'accessKeyId'),
  });
}

type Identity = JsonRecord | undefined;

const NAME_BY_TYPE: Readonly<Record<string, (identity: Identity) => string | undefined>> = {
  Root: () => 'root',
  IAMUser: (identity) => stringAt(identity, 'userName'),
  AssumedRole: roleAndSession,
  Role: (identity) => stringAt(identity, 'userName') ?? roleName(identity),
  FederatedUser: (identity) => afterInArn(identity, 'federated-user/'),
  SAMLUser: providerAndUser,
  WebIdentityUser: providerAndUser,
  IdentityCenterUser: (identity) => stringAt(objectAt(identity, 'onBehalfOf'), 'userId'),
  AWSService: (identity) => stringAt(identity, 'invokedBy'),
  AWSAccount: (identity) => joinPresent(' ', stringAt(identity, 'accountId'), stringAt(identity, 'principalId')),
};

/** `ROLE/SESSION`, from the session's issuer and the arn `arn:...:assumed-role/ROLE/SESSION`. */
function roleAndSession(identity: Identity): string | undefined {
  const [roleInArn, ...session] = afterInArn(identity, 'assumed-role/')?.split('/') ?? [];
  return joinPresent('/', issuerName(identity) ?? roleInArn, session.join('/'));
}

function roleName(identity: Identity): string | undefined {
  // A role's arn may have a path: arn:aws:iam::ACCOUNT:role/PATH/NAME
  return issuerName(identity) ?? (afterInArn(identity, 'role/')?.split('/').at(-1) || undefined);
}

function issuerName(identity: Identity): string | undefined {
  return stringAt(objectAt(objectAt(identity, 'sessionContext'), 'sessionIssuer'), 'userName');
}

function providerAndUser(identity: Identity): string | undefined {
  return joinPresent(':', stringAt(identity, 'identityProvider'), stringAt(identity, 'userName'));
}

function afterInArn(identity: Identity, resourceType: string): string | undefined {
  const arn = stringAt(identity, 'arn');
  const at = arn?.indexOf(`:${resourceType}`) ?? -1;
  return at < 0 ? undefined : arn?.slice(at + 1 + resourceType.length) || undefined;
}

function joinPresent(separator: string, ...parts: (string | undefined)[]): string | undefined {
  return parts.filter((part) => part !== undefined && part !== '').join(separator) || undefined;
}
