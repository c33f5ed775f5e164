import type {
  AdvancedEventSelector,
  AdvancedFieldSelector,
  DataResource,
  EventSelector,
} from '@aws-sdk/client-cloudtrail';
import type { Selectors } from './facts.ts';

/** How much of a kind of events is recorded. */
export type Coverage = 'all' | 'some' | 'none';

/** What is recorded of MWAA. */
export interface MwaaCoverage {
  /** CreateEnvironment, UpdateEnvironment, ... */
  writes: Coverage;
  /** GetEnvironment, ListEnvironments, ... */
  reads: Coverage;
  /** Logins to Airflow and calls of its REST API. */
  dataEvents: Coverage;
}

const MANAGEMENT = { eventCategory: 'Management', eventSource: 'airflow.amazonaws.com', eventType: 'AwsApiCall' };
const DATA = {
  eventCategory: 'Data',
  eventSource: 'airflow.amazonaws.com',
  'resources.type': 'AWS::MWAA::Environment',
};

const MANAGEMENT_SELECTOR: AdvancedEventSelector = {
  Name: 'Management events',
  FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }],
};
const DATA_SELECTOR: AdvancedEventSelector = {
  Name: 'MWAA data events',
  FieldSelectors: [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::MWAA::Environment'] },
  ],
};

/** What of MWAA a trail with these selectors records. */
export function mwaaCoverage(selectors: Selectors): MwaaCoverage {
  return coverageOf(advancedSelectors(selectors));
}

/** The selectors with what MWAA needs: everything that they record is recorded still. */
export function withMwaa(selectors: Selectors): AdvancedEventSelector[] {
  const before = advancedSelectors(selectors);
  const { writes, reads, dataEvents } = coverageOf(before);
  return [
    ...(writes === 'all' && reads === 'all' ? before : withManagement(before)),
    ...(dataEvents === 'all' ? [] : [DATA_SELECTOR]),
  ];
}

/** Basic selectors as the advanced ones that record the same; a trail cannot have both. */
export function advancedSelectors({
  EventSelectors = [],
  AdvancedEventSelectors = [],
}: Selectors): AdvancedEventSelector[] {
  return AdvancedEventSelectors.length > 0 ? AdvancedEventSelectors : EventSelectors.flatMap(fromBasic);
}

function coverageOf(selectors: readonly AdvancedEventSelector[]): MwaaCoverage {
  const coverage = (event: Readonly<Record<string, string>>) =>
    best(selectors.map((selector) => covers(selector, event)));
  const [writes, reads] = READ_ONLY.map((readOnly) => coverage({ ...MANAGEMENT, readOnly }));
  // Two selectors can have a half each.
  const dataEvents = new Set(READ_ONLY.map((readOnly) => coverage({ ...DATA, readOnly })));
  return { writes: writes!, reads: reads!, dataEvents: dataEvents.size === 1 ? [...dataEvents][0]! : 'some' };
}

const READ_ONLY = ['false', 'true'];

function best(coverages: readonly Coverage[]): Coverage {
  return (['all', 'some'] as const).find((coverage) => coverages.includes(coverage)) ?? 'none';
}

/** @param event the fields that all events of the kind have in common */
function covers({ FieldSelectors = [] }: AdvancedEventSelector, event: Readonly<Record<string, string>>): Coverage {
  const fits = FieldSelectors.map((field) => {
    const value = event[field.Field ?? ''];
    return value === undefined ? undefined : fitsField(field, value);
  });
  if (fits.includes(false)) return 'none';
  return fits.includes(undefined) ? 'some' : 'all';
}

// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
function fitsField(field: AdvancedFieldSelector, value: string): boolean {
  const { Equals, StartsWith, EndsWith, NotEquals = [], NotStartsWith = [], NotEndsWith = [] } = field;
  const starts = (text: string) => value.startsWith(text);
  const ends = (text: string) => value.endsWith(text);
  const isAny = (texts: string[] | undefined, fits: (text: string) => boolean) => !texts?.length || texts.some(fits);
  return (
    isAny(Equals, (text) => text === value) &&
    isAny(StartsWith, starts) &&
    isAny(EndsWith, ends) &&
    !NotEquals.includes(value) &&
    !NotStartsWith.some(starts) &&
    !NotEndsWith.some(ends)
  );
}

/** Widens the selectors of management events until they have all of MWAA's; other services may stay excluded. */
function withManagement(selectors: readonly AdvancedEventSelector[]): AdvancedEventSelector[] {
  const isManagement = ({ FieldSelectors = [] }: AdvancedEventSelector) =>
    FieldSelectors.some(({ Field, Equals }) => Field === 'eventCategory' && Equals?.includes('Management'));
  const others = selectors.filter((selector) => !isManagement(selector));
  const widened = selectors.filter(isManagement).map(widen);
  const { writes, reads } = coverageOf(widened);
  return [...(writes === 'all' && reads === 'all' ? widened : [MANAGEMENT_SELECTOR]), ...others];
}

function widen(selector: AdvancedEventSelector): AdvancedEventSelector {
  const fields = (selector.FieldSelectors ?? [])
    .filter(({ Field }) => Field !== 'readOnly')
    .flatMap((field) => {
      if (field.Field !== 'eventSource' || !field.NotEquals) return [field];
      const NotEquals = field.NotEquals.filter((source) => source !== MANAGEMENT.eventSource);
      return NotEquals.length > 0 ? [{ ...field, NotEquals }] : [];
    });
  return { ...selector, FieldSelectors: fields };
}

// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html
function fromBasic(selector: EventSelector): AdvancedEventSelector[] {
  const { IncludeManagementEvents = true, ExcludeManagementEventSources = [], DataResources = [] } = selector;
  const readOnly = readOnlyField(selector);
  const excluded = ExcludeManagementEventSources;
  const management: AdvancedEventSelector = {
    Name: 'Management events',
    FieldSelectors: [
      { Field: 'eventCategory', Equals: ['Management'] },
      ...readOnly,
      ...(excluded.length > 0 ? [{ Field: 'eventSource', NotEquals: excluded }] : []),
    ],
  };
  const data = DataResources.map((resource) => ({
    Name: `${resource.Type} data events`,
    FieldSelectors: [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'resources.type', Equals: [resource.Type ?? ''] },
      ...readOnly,
      ...arnField(resource),
    ],
  }));
  return [...(IncludeManagementEvents ? [management] : []), ...data];
}

function readOnlyField({ ReadWriteType = 'All' }: EventSelector): AdvancedFieldSelector[] {
  return ReadWriteType === 'All' ? [] : [{ Field: 'readOnly', Equals: [String(ReadWriteType === 'ReadOnly')] }];
}

/** `arn:aws:s3`, `arn:aws:lambda`: all; of S3, a value is the beginning of an object's ARN, else a whole ARN. */
function arnField({ Type, Values = [] }: DataResource): AdvancedFieldSelector[] {
  if (Values.some((value) => /^arn:[^:]+:[^:]+:*$/.test(value))) return [];
  return [{ Field: 'resources.ARN', [Type === 'AWS::S3::Object' ? 'StartsWith' : 'Equals']: Values }];
}
