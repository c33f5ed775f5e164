import { phraseOf } from '../audit-event/actions.ts';
import { nameOf } from '../query/user-aliases.ts';
import type { ListedEvent } from '../store/event-item.ts';
import type { View } from './view.ts';

/** The person or machine behind an event; if that is not known, who signed the request. */
export function whoOf(
  { user, principal = '-' }: Pick<ListedEvent, 'user' | 'principal'>,
  { aliases }: Pick<View, 'aliases'>,
): string {
  return nameOf(aliases, user ?? principal);
}

/** What was done, and to what: `DAG run triggered: orders_daily`. */
export function whatOf({ action, target }: Pick<ListedEvent, 'action' | 'target'>): string {
  return target === undefined ? phraseOf(action) : `${phraseOf(action)}: ${target}`;
}

/** How an event ended: `ok`, or `denied` or `failed` with the reason, which comes last because it may be cut off. */
export function resultOf(
  event: Pick<ListedEvent, 'outcome' | 'errorCode' | 'errorMessage' | 'statusCode' | 'provisional'>,
): string {
  const { outcome, provisional } = event;
  const reason = reasonOf(event);
  return `${outcome}${provisional ? ' (provisional)' : ''}${reason === '' ? '' : `: ${reason}`}`;
}

/** Why a call did not succeed, the most telling part first; empty if it succeeded, or if all that is known is that it was denied. */
export function reasonOf({
  outcome,
  errorCode,
  errorMessage,
  statusCode,
}: Pick<ListedEvent, 'outcome' | 'errorCode' | 'errorMessage' | 'statusCode'>): string {
  if (outcome === 'ok') return '';
  const denial = denialOf(errorMessage ?? '');
  if (denial !== undefined) return denial;
  const code = statusCode === undefined ? errorCode : `${statusCode} from Airflow`;
  // `denied` says that already.
  const parts = [code === 'AccessDenied' || code === 'AccessDeniedException' ? undefined : code, errorMessage];
  return parts.filter((part) => part !== undefined).join(': ');
}

/**
 * What IAM's text about a denial says, in fewer words: which policies allow or deny which action. Returns undefined if it is
 * another text. The name of the policy may follow its kind.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
function denialOf(message: string): string | undefined {
  const [, action] = / is not authorized to perform: ([\w-]+:\w+)/.exec(message) ?? [];
  if (action === undefined) return undefined;
  const [, missing] = / because (no [\w -]+) allows /.exec(message) ?? [];
  if (missing !== undefined) return `${missing} allows ${action}`;
  const [, denying] = / with an explicit deny in (an? [\w -]+)/.exec(message) ?? [];
  return denying === undefined ? `not authorized to perform ${action}` : `${denying} denies ${action}`;
}
