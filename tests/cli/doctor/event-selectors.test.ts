import type { AdvancedEventSelector, AdvancedFieldSelector, EventSelector } from '@aws-sdk/client-cloudtrail';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { advancedSelectors, mwaaCoverage, withMwaa } from '../../../cli/doctor/event-selectors.ts';
import { DOSE, SEED } from '../../support/dose.ts';

const selector = (...FieldSelectors: AdvancedFieldSelector[]): AdvancedEventSelector => ({ FieldSelectors });
const field = (Field: string, ...Equals: string[]): AdvancedFieldSelector => ({ Field, Equals });
const data = [field('eventCategory', 'Data'), field('resources.type', 'AWS::MWAA::Environment')];
const management = field('eventCategory', 'Management');

describe('what of MWAA is recorded', () => {
  const advanced = (...AdvancedEventSelectors: AdvancedEventSelector[]) => mwaaCoverage({ AdvancedEventSelectors });

  test('nothing, by no selectors', () => {
    expect(mwaaCoverage({})).toEqual({ writes: 'none', reads: 'none', dataEvents: 'none' });
  });

  test.each<[string, AdvancedEventSelector[], [string, string, string]]>([
    ['everything', [selector(management), selector(...data)], ['all', 'all', 'all']],
    ['changes alone', [selector(management, field('readOnly', 'false'))], ['all', 'none', 'none']],
    [
      'two halves',
      [selector(...data, field('readOnly', 'true')), selector(...data, field('readOnly', 'false'))],
      ['none', 'none', 'all'],
    ],
    ['one half', [selector(...data, field('readOnly', 'true'))], ['none', 'none', 'some']],
    [
      'some environments',
      [selector(...data, { Field: 'resources.ARN', StartsWith: ['arn:x'] })],
      ['none', 'none', 'some'],
    ],
    ['some actions', [selector(...data, field('eventName', 'InvokeRestApi'))], ['none', 'none', 'some']],
    [
      'of several types',
      [selector(data[0]!, field('resources.type', 'AWS::S3::Object', 'AWS::MWAA::Environment'))],
      ['none', 'none', 'all'],
    ],
    [
      'not MWAA',
      [selector(management, { Field: 'eventSource', NotEquals: ['airflow.amazonaws.com'] })],
      ['none', 'none', 'none'],
    ],
    [
      'not KMS',
      [selector(management, { Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] })],
      ['all', 'all', 'none'],
    ],
    [
      'by the ends of names',
      [selector(management, { Field: 'eventSource', StartsWith: ['airflow.'], NotEndsWith: ['.com'] })],
      ['none', 'none', 'none'],
    ],
    [
      'by the ends of names, too',
      [selector(management, { Field: 'eventSource', EndsWith: ['.com'], NotStartsWith: ['kms.'] })],
      ['all', 'all', 'none'],
    ],
  ])('%s', (_, selectors, [writes, reads, dataEvents]) => {
    expect(advanced(...selectors)).toEqual({ writes, reads, dataEvents });
  });
});

describe('basic selectors', () => {
  test('have defaults: management events, all', () => {
    expect(mwaaCoverage({ EventSelectors: [{}] })).toEqual({ writes: 'all', reads: 'all', dataEvents: 'none' });
  });

  test.each<[EventSelector, AdvancedEventSelector[]]>([
    [
      { ReadWriteType: 'ReadOnly', ExcludeManagementEventSources: ['kms.amazonaws.com'] },
      [
        {
          Name: 'Management events',
          FieldSelectors: [
            management,
            field('readOnly', 'true'),
            { Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] },
          ],
        },
      ],
    ],
    [
      {
        IncludeManagementEvents: false,
        DataResources: [{ Type: 'AWS::Lambda::Function', Values: ['arn:aws:lambda'] }],
      },
      [
        {
          Name: 'AWS::Lambda::Function data events',
          FieldSelectors: [field('eventCategory', 'Data'), field('resources.type', 'AWS::Lambda::Function')],
        },
      ],
    ],
    [
      {
        IncludeManagementEvents: false,
        DataResources: [{ Type: 'AWS::Lambda::Function', Values: ['arn:aws:lambda:x:1:function:f'] }],
      },
      [
        {
          Name: 'AWS::Lambda::Function data events',
          FieldSelectors: [
            field('eventCategory', 'Data'),
            field('resources.type', 'AWS::Lambda::Function'),
            field('resources.ARN', 'arn:aws:lambda:x:1:function:f'),
          ],
        },
      ],
    ],
    [
      { IncludeManagementEvents: false, DataResources: [{ Type: 'AWS::S3::Object', Values: ['arn:aws:s3:::'] }] },
      [
        {
          Name: 'AWS::S3::Object data events',
          FieldSelectors: [field('eventCategory', 'Data'), field('resources.type', 'AWS::S3::Object')],
        },
      ],
    ],
  ])('become advanced ones: %j', (basic, expected) => {
    expect(advancedSelectors({ EventSelectors: [basic] })).toEqual(expected);
  });
});

describe('what is to be put', () => {
  const condition = fc.record(
    {
      Field: fc.constantFrom('readOnly', 'eventSource', 'eventName', 'resources.ARN', 'resources.type'),
      Equals: fc.subarray(['true', 'false', 'airflow.amazonaws.com', 'AWS::MWAA::Environment', 'AWS::S3::Object']),
      NotEquals: fc.subarray(['kms.amazonaws.com', 'airflow.amazonaws.com']),
      StartsWith: fc.subarray(['arn:', 'airflow']),
    },
    { requiredKeys: ['Field'] },
  );
  const anySelector = fc
    .tuple(fc.constantFrom('Management', 'Data', 'NetworkActivity'), fc.array(condition, { maxLength: 3 }))
    .map(([category, conditions]) => selector(field('eventCategory', category), ...conditions));

  test('records all of MWAA, and keeps every selector of other events', () => {
    const property = fc.property(fc.array(anySelector, { maxLength: 5 }), (AdvancedEventSelectors) => {
      const merged = withMwaa({ AdvancedEventSelectors });
      const everything = { writes: 'all', reads: 'all', dataEvents: 'all' };
      expect(mwaaCoverage({ AdvancedEventSelectors: merged })).toEqual(everything);
      const others = AdvancedEventSelectors.filter(
        ({ FieldSelectors }) => !FieldSelectors![0]!.Equals!.includes('Management'),
      );
      expect(merged).toEqual(expect.arrayContaining(others));
    });
    fc.assert(property, { numRuns: 100 * DOSE, seed: SEED });
  });

  test('widens a selector of management events, and leaves others excluded', () => {
    const narrow = selector(management, field('readOnly', 'false'), {
      Field: 'eventSource',
      NotEquals: ['kms.amazonaws.com', 'airflow.amazonaws.com'],
    });
    expect(withMwaa({ AdvancedEventSelectors: [narrow, selector(...data)] })).toEqual([
      selector(management, { Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] }),
      selector(...data),
    ]);
  });
});
