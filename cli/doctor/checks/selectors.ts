import {
  type AdvancedEventSelector,
  GetEventSelectorsCommand,
  type GetEventSelectorsCommandOutput,
} from '@aws-sdk/client-cloudtrail';
import { shell } from '../../lib/output.ts';
import { type Check, type CheckResult, type Checks, ok, problem, warning } from '../check.ts';
import { type Trail, trailCommand } from '../trail.ts';
import type { WatchedTrails } from '../watched-trails.ts';

/** Whether trails record MWAA's events. */
export const selectorChecks: Checks<WatchedTrails> = {
  'management events': onSelectors('Management', ({ name }, recorded, fix, isDataOnly) => {
    if (recorded === 'none' && isDataOnly)
      return ok(`${name} records MWAA's data events alone, as managementEvents=false says`);
    if (recorded === 'all') return ok(`${name} records management events`);
    const text = `${name} records ${recorded === 'none' ? 'no' : 'only some'} management events: creations, changes, deletions, and denied calls may be missing`;
    return recorded === 'none' ? problem(text, fix) : warning(text, fix);
  }),

  'data events': onSelectors('Data', ({ name }, recorded, fix) => {
    const what = 'logins to Airflow, CLI tokens, calls of its REST API';
    if (recorded === 'all') return ok(`${name} records MWAA's data events: ${what}`);
    if (recorded === 'some') return warning(`${name} records only some of MWAA's data events (${what})`, fix);
    return problem(`${name} does not record MWAA's data events: ${what} leave no trace`, fix);
  }),
};

type Category = 'Management' | 'Data';
type Recorded = 'all' | 'some' | 'none';

/** The selector that records all of a category. */
const WANTED: Readonly<Record<Category, AdvancedEventSelector>> = {
  Management: {
    Name: 'Management events',
    FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }],
  },
  Data: {
    Name: 'MWAA data events',
    FieldSelectors: [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'resources.type', Equals: ['AWS::MWAA::Environment'] },
    ],
  },
};

/** Checks what each trail records of a category. Events that another trail records are not missing. */
function onSelectors(
  category: Category,
  check: (trail: Trail, recorded: Recorded, fix: string, isDataOnly: boolean) => CheckResult,
): Check<WatchedTrails> {
  return async (stack) => {
    const asked = (await stack.trails()).map(async (trail) => {
      const command = new GetEventSelectorsCommand({ TrailName: trail.arn });
      const selectors = await stack.clients.cloudTrailIn(trail.home).send(command);
      return { trail, selectors, recorded: recordedOf(selectors, category) };
    });
    const trails = await Promise.all(asked);
    const isDataOnly = await stack.dataOnly();
    const buckets = (await stack.allLogBuckets()).map(({ name }) => name);
    const complete = trails.filter(({ trail, recorded }) => recorded === 'all' && buckets.includes(trail.bucket));
    return trails.map(({ trail, selectors, recorded }) => {
      const other = recorded === 'all' ? undefined : complete.find((one) => seesAllOf(one.trail, trail))?.trail;
      if (other) return ok(`${trail.name} leaves ${category.toLowerCase()} events to ${other.name}`);
      return check(trail, recorded, selectorFix(trail, selectors, WANTED[category], stack), isDataOnly);
    });
  };
}

/** Whether a trail records the accounts and Regions of another one. */
function seesAllOf(trail: Trail, other: Trail): boolean {
  const regions = trail.isMultiRegion || (!other.isMultiRegion && trail.home === other.home);
  return regions && (trail.isOrganization || !other.isOrganization);
}

/**
 * How many of MWAA's events of a category the selectors record. A selector with other conditions records some. Basic selectors
 * do not record data events of MWAA.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedEventSelector.html
 */
export function recordedOf(
  { EventSelectors = [], AdvancedEventSelectors = [] }: GetEventSelectorsCommandOutput,
  category: Category,
): Recorded {
  const basic = EventSelectors.filter(
    ({ IncludeManagementEvents = true }) => IncludeManagementEvents && category === 'Management',
  );
  const advanced = AdvancedEventSelectors.filter((selector) => isOf(selector, category));
  if (basic.length + advanced.length === 0) return 'none';
  const isWhole =
    basic.some(({ ReadWriteType = 'All' }) => ReadWriteType === 'All') ||
    advanced.some(({ FieldSelectors = [] }) => FieldSelectors.every(keepsMwaa));
  return isWhole ? 'all' : 'some';
}

/** Whether a selector records some of MWAA's events of a category. */
function isOf({ FieldSelectors = [] }: AdvancedEventSelector, category: Category): boolean {
  return (WANTED[category].FieldSelectors ?? []).every(({ Field, Equals: [wanted = ''] = [] }) =>
    FieldSelectors.some((one) => one.Field === Field && one.Equals?.includes(wanted)),
  );
}

type FieldSelector = NonNullable<AdvancedEventSelector['FieldSelectors']>[number];

/** Whether a condition keeps all events of MWAA. */
function keepsMwaa({ Field = '', Equals = [], NotEquals = [] }: FieldSelector): boolean {
  if (Field !== 'eventSource') return Field === 'eventCategory' || Field === 'resources.type';
  const mwaa = 'airflow.amazonaws.com';
  return Equals.includes(mwaa) || (NotEquals.length > 0 && !NotEquals.includes(mwaa));
}

/** The command replaces all selectors, and a trail has either basic or advanced ones. */
function selectorFix(
  trail: Trail,
  { AdvancedEventSelectors = [], EventSelectors = [] }: GetEventSelectorsCommandOutput,
  wanted: AdvancedEventSelector,
  { caller }: WatchedTrails,
): string {
  if (EventSelectors.length > 0) {
    const read = trailCommand('get-event-selectors', trail, caller);
    return `the trail has basic selectors: write them as advanced ones (${read}), and add ${JSON.stringify(wanted)}`;
  }
  const all = [...AdvancedEventSelectors, wanted];
  return `${trailCommand('put-event-selectors', trail, caller)} ${shell`--advanced-event-selectors ${all}`}`;
}
