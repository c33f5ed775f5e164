import { defined } from '../defined.ts';
import { booleanAt, type JsonRecord, objectAt, stringAt } from './record-fields.ts';
import { isMachineMade } from './session-name.ts';

/**
 * Who did it, by the type of `userIdentity`: `principal` is what people call them, a user's name, `ROLE/SESSION`, a service.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
export function principalOf(record: JsonRecord) {
  const identity = objectAt(record, 'userIdentity');
  return defined({
    principal: principalName(identity),
    principalType: stringAt(identity, 'type'),
    principalArn: stringAt(identity, 'arn'),
    accessKeyId: stringAt(identity, 'accessKeyId'),
  });
}

/**
 * Who is behind the principal: `user` is the person or machine, in whatever role; `role` is the role of a role's session;
 * `username` is what LookupEvents calls *Username*, which for a role's session is the session name; `mfa` is whether a
 * second factor was shown to IAM. CloudTrail says so of temporary credentials only, and says false of those that IAM Identity
 * Center or another federation gave, whatever it asked for.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Event.html
 */
export function actorOf(record: JsonRecord) {
  const identity = objectAt(record, 'userIdentity');
  const { user, role, username } = identityType(identity);
  return defined({
    user: user(identity) ?? principalName(identity),
    role: role(identity),
    username: username(identity),
    mfa: booleanAt(objectAt(sessionContext(identity), 'attributes'), 'mfaAuthenticated'),
  });
}

type Identity = JsonRecord | undefined;
type Read = (identity: Identity) => string | undefined;

/** How the identities of a type are read; each part is undefined if the identity lacks it. */
interface IdentityType {
  principal: Read;
  user: Read;
  role: Read;
  username: Read;
}

const nobody: Read = () => undefined;
const root: Read = () => 'root';
const userName: Read = (identity) => stringAt(identity, 'userName');
const federatedName: Read = (identity) => afterInArn(identity, 'federated-user/');
const identityCenterUser: Read = (identity) => stringAt(objectAt(identity, 'onBehalfOf'), 'userId');
const issuerName: Read = (identity) => stringAt(objectAt(sessionContext(identity), 'sessionIssuer'), 'userName');

const named = (principal: Read, others: Partial<IdentityType> = {}): IdentityType => ({
  principal,
  user: principal,
  role: nobody,
  username: userName,
  ...others,
});

const federated = named(providerAndUser, { user: userName });

const IDENTITY_TYPES: Readonly<Record<string, IdentityType>> = {
  Root: named(root, { username: root }),
  IAMUser: named(userName),
  AssumedRole: named(roleAndSession, { user: sessionUser, role: sessionRole, username: sessionName }),
  Role: named((identity) => userName(identity) ?? roleName(identity), {
    role: (identity) => roleName(identity) ?? userName(identity),
    username: (identity) => userName(identity) ?? roleName(identity),
  }),
  FederatedUser: named(federatedName, { username: federatedName }),
  SAMLUser: federated,
  WebIdentityUser: federated,
  IdentityCenterUser: named(identityCenterUser),
  AWSService: named((identity) => stringAt(identity, 'invokedBy')),
  AWSAccount: named((identity) => joinPresent(' ', stringAt(identity, 'accountId'), stringAt(identity, 'principalId'))),
};

/** Types Directory and Unknown, types yet to come, and no type. */
const OTHER_TYPE = named(nobody);

function identityType(identity: Identity): IdentityType {
  const type = stringAt(identity, 'type');
  return (type !== undefined && Object.hasOwn(IDENTITY_TYPES, type) && IDENTITY_TYPES[type]) || OTHER_TYPE;
}

function principalName(identity: Identity): string | undefined {
  // The others: a type without a rule, and an identity that lacks what its type should have.
  return (
    identityType(identity).principal(identity) ?? stringAt(identity, 'userName', 'arn', 'principalId', 'invokedBy')
  );
}

/** The role and the session name of `arn:...:assumed-role/ROLE/SESSION`. */
function roleAndSessionInArn(identity: Identity): { role: string | undefined; session: string | undefined } {
  const [role, ...session] = afterInArn(identity, 'assumed-role/')?.split('/') ?? [];
  return { role: role || undefined, session: session.join('/') || undefined };
}

/** `ROLE/SESSION`, from the session's issuer and the arn. */
function roleAndSession(identity: Identity): string | undefined {
  return joinPresent('/', sessionRole(identity), roleAndSessionInArn(identity).session);
}

function sessionRole(identity: Identity): string | undefined {
  return issuerName(identity) ?? roleAndSessionInArn(identity).role;
}

/** The session name, also if there is no arn: the principalId of a role's session is `ROLE-ID:SESSION`. */
function sessionName(identity: Identity): string | undefined {
  const [, ...session] = stringAt(identity, 'principalId')?.split(':') ?? [];
  return roleAndSessionInArn(identity).session ?? (session.join(':') || undefined);
}

/**
 * The person or machine behind a role's session, by the source that is hardest to choose freely: the source identity, which
 * stays the same in all roles that are assumed from the first; the session name, if IAM Identity Center gave it; the Identity
 * Center user for whom an application acts; the session name that the caller chose; and the role, if nobody chose one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/trustedidentitypropagation-identity-enhanced-iam-role-sessions.html
 */
function sessionUser(identity: Identity): string | undefined {
  const role = sessionRole(identity);
  const session = sessionName(identity);
  const givenByIdentityCenter = role?.startsWith('AWSReservedSSO_') ? session : undefined;
  const chosen = session === undefined || isMachineMade(session) ? undefined : session;
  const sourceIdentity = stringAt(sessionContext(identity), 'sourceIdentity');
  return sourceIdentity ?? givenByIdentityCenter ?? identityCenterUser(identity) ?? chosen ?? role;
}

function roleName(identity: Identity): string | undefined {
  // A role's arn may have a path: arn:aws:iam::ACCOUNT:role/PATH/NAME
  return issuerName(identity) ?? (afterInArn(identity, 'role/')?.split('/').at(-1) || undefined);
}

function sessionContext(identity: Identity): Identity {
  return objectAt(identity, 'sessionContext');
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
