import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { VERSION } from '../version.ts';
import { type Field, type FieldType, isStruct, isStructs, type Row, type RowEncoder, type RowValue } from './fields.ts';

/** A Parquet file, one row group for each flush. The same rows and flushes give the same bytes. */
export class ParquetEncoder implements RowEncoder {
  rows = 0;
  held = 0;
  private readonly writer: ParquetWriter;
  private readonly bytes = new FlushedBytes();
  private columns: Column[];
  private readonly fields: readonly Field[];

  constructor(fields: readonly Field[]) {
    this.fields = fields;
    this.columns = fields.map(emptyColumn);
    this.writer = new ParquetWriter({
      writer: this.bytes,
      schema: schemaOf(fields),
      // All readers know Snappy; of other codecs some need a library.
      codec: 'SNAPPY',
      createdBy: `mwaa-trail version ${VERSION}`,
    });
  }

  add(row: Row): void {
    for (const [i, { name, type }] of this.fields.entries()) {
      const value = row[name];
      this.held += weightOf(value);
      this.columns[i]?.data.push(toParquet(type, value));
    }
    this.rows += 1;
  }

  flush(): Uint8Array {
    const size = this.columns[0]?.data.length ?? 0;
    // It waits for nothing: its bytes are in memory.
    if (size > 0) void this.writer.write({ columnData: this.columns, rowGroupSize: size });
    this.columns = this.fields.map(emptyColumn);
    this.held = 0;
    return this.bytes.take();
  }

  finish(): Uint8Array {
    const rest = this.flush();
    void this.writer.finish();
    return Buffer.concat([rest, this.bytes.take()]);
  }
}

/** The bytes of a file that were not taken yet; `offset` goes on counting. */
class FlushedBytes extends ByteWriter {
  take(): Uint8Array {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return bytes;
  }
}

type Column = Pick<ColumnSource, 'name' | 'encoding' | 'statistics'> & { data: unknown[] };

/** Whole records are nearly all distinct: a dictionary is not worth trying, nor is their least and greatest value. */
const emptyColumn = ({ name, type }: Field): Column => ({
  name,
  data: [],
  ...(type === 'json' ? ({ encoding: 'PLAIN', statistics: false } as const) : {}),
});

/** The elements of a schema, a parent before its children. https://github.com/apache/parquet-format/blob/master/LogicalTypes.md */
function schemaOf(fields: readonly Field[]): SchemaElement[] {
  return [{ name: 'schema', num_children: fields.length }, ...fields.flatMap(elementsOf)];
}

function elementsOf({ name, type }: Field): SchemaElement[] {
  const optional = { name, repetition_type: 'OPTIONAL' } as const;
  if (type === 'texts') return listOf(optional, [{ ...optional, name: 'element', ...TEXT }]);
  if (isStructs(type)) return listOf(optional, elementsOf({ name: 'element', type: type.list }));
  if (isStruct(type)) return [{ ...optional, num_children: type.length }, ...type.flatMap(elementsOf)];
  return [{ ...optional, ...PRIMITIVES[type] }];
}

const listOf = (list: SchemaElement, element: SchemaElement[]): SchemaElement[] => [
  { ...list, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  ...element,
];

type Primitive = Pick<SchemaElement, 'type' | 'converted_type' | 'logical_type'>;
const TEXT: Primitive = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
const PRIMITIVES: Readonly<Record<Extract<FieldType, string>, Primitive>> = {
  text: TEXT,
  // Parquet's type JSON would be parsed by some readers, which changes numbers.
  json: TEXT,
  texts: TEXT,
  integer: { type: 'INT64' },
  boolean: { type: 'BOOLEAN' },
  time: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
};

/** 64-bit integers are BigInts to the writer, those in structs too. */
function toParquet(type: FieldType, value: RowValue): unknown {
  if (value === undefined) return undefined;
  if (type === 'integer' || type === 'time') return BigInt(value as number);
  if (isStruct(type)) return toStruct(type, value as Row);
  if (isStructs(type)) return (value as readonly Row[]).map((row) => toStruct(type.list, row));
  return value;
}

const toStruct = (fields: readonly Field[], row: Row) =>
  Object.fromEntries(fields.map(({ name, type }) => [name, toParquet(type, row[name])]));

/** A rough size in characters: one for each of a text, and some for anything else. */
export function weightOf(value: RowValue): number {
  if (typeof value === 'string') return value.length + OVERHEAD;
  if (typeof value !== 'object') return OVERHEAD;
  return Object.values(value).reduce<number>((sum, one) => sum + weightOf(one as RowValue), OVERHEAD);
}
const OVERHEAD = 8;
