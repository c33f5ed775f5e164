import { type Field, type FieldType, isStruct, isStructs, type Row, type RowEncoder, type RowValue } from './fields.ts';

/** How JSON text in a row is written: as a text, or as what it says. */
export type JsonTexts = 'as-text' | 'nested';

/** A file of one JSON object a line, without absent values. */
export class NdjsonEncoder implements RowEncoder {
  rows = 0;
  held = 0;
  private lines: string[] = [];
  private readonly fields: readonly Field[];
  private readonly jsonTexts: JsonTexts;

  constructor(fields: readonly Field[], jsonTexts: JsonTexts) {
    this.fields = fields;
    this.jsonTexts = jsonTexts;
  }

  add(row: Row): void {
    const line = `${this.objectText(this.fields, row)}\n`;
    this.lines.push(line);
    this.held += line.length;
    this.rows += 1;
  }

  flush(): Uint8Array {
    const bytes = Buffer.from(this.lines.join(''));
    this.lines = [];
    this.held = 0;
    return bytes;
  }

  finish(): Uint8Array {
    return this.flush();
  }

  private objectText(fields: readonly Field[], row: Row): string {
    const members = fields.flatMap(({ name, type }) => {
      const value = row[name];
      return value === undefined ? [] : [`${JSON.stringify(name)}:${this.valueText(type, value)}`];
    });
    return `{${members.join(',')}}`;
  }

  private valueText(type: FieldType, value: Exclude<RowValue, undefined>): string {
    if (type === 'time') return JSON.stringify(new Date(value as number));
    if (type === 'json' && this.jsonTexts === 'nested') return value as string;
    if (isStruct(type)) return this.objectText(type, value as Row);
    if (isStructs(type))
      return `[${(value as readonly Row[]).map((row) => this.objectText(type.list, row)).join(',')}]`;
    return JSON.stringify(value);
  }
}
