import fc from 'fast-check';

/** Any character, ordinary ones often. The unit `binary` of fast-check is the same, but takes most of a second to make. */
export const codePoint = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
  )
  .map((code) => String.fromCodePoint(code));
