import type { ScalarTag } from 'yaml';

/** CloudFormation's short forms as the long ones that JSON templates have. */
export const TAGS = [
  ...['Sub', 'Equals', 'Not', 'And', 'Or', 'If', 'GetAtt', 'Join', 'Select', 'Split'].flatMap((name) => [
    { tag: `!${name}`, resolve: (text: string) => ({ [`Fn::${name}`]: name === 'GetAtt' ? text.split('.') : text }) },
    {
      tag: `!${name}`,
      collection: 'seq' as const,
      resolve: (list: { toJSON(): unknown }) => ({ [`Fn::${name}`]: list.toJSON() }),
    },
  ]),
  { tag: '!Ref', resolve: (Ref: string) => ({ Ref }) },
  { tag: '!Condition', resolve: (Condition: string) => ({ Condition }) },
] as ScalarTag[];
