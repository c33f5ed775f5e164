import { type Field, type FieldType, isStruct, isStructs } from './fields.ts';
import type { ExportedFile, ExportKind } from './manifest.ts';
import { folderName, PARTITION_NAMES } from './partition.ts';
import type { ExportPlace } from './place.ts';
import { type ExportSchema, SCHEMAS } from './schemas.ts';

/** The table and the view, by what their rows are. */
const TABLES: Readonly<Record<ExportKind['schema'], string>> = { native: 'mwaa_events', ocsf: 'mwaa_ocsf' };

/** The first day of Amazon MWAA. */
const FIRST_DAY = '2020-11-24';

/**
 * Returns SQL that makes an export a table in Athena, and a view in DuckDB.
 * @param files what the export has: its accounts and Regions are listed in the table
 */
export function exportSql({ uri }: Pick<ExportPlace, 'uri'>, kind: ExportKind, files: Iterable<ExportedFile>): string {
  return `${athenaTable(uri, kind, [...files])}\n${duckdbView(uri, kind)}`;
}

/**
 * Partition projection needs no crawler and no MSCK REPAIR: Athena computes the folders of a query.
 * https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
 */
function athenaTable(uri: string, { format, schema }: ExportKind, files: readonly ExportedFile[]): string {
  const types = athenaTypes(format);
  const isInBucket = uri.startsWith('s3://');
  const location = isInBucket ? `${uri}/` : 's3://BUCKET/PREFIX/';
  const columns = SCHEMAS[schema].fields.map(({ name, type }) => `  \`${name.toLowerCase()}\` ${types.of(type)}`);
  const partitions = Object.values(PARTITION_NAMES);
  const template = `${location}${partitions.map((name) => `${name}=\${${name}}`).join('/')}/`;
  const properties = {
    'projection.enabled': 'true',
    ...projectionOf(
      PARTITION_NAMES.accountId,
      files.map(({ accountId }) => accountId),
    ),
    ...projectionOf(
      PARTITION_NAMES.region,
      files.map(({ region }) => region),
    ),
    [`projection.${PARTITION_NAMES.day}.type`]: 'date',
    [`projection.${PARTITION_NAMES.day}.format`]: 'yyyy-MM-dd',
    [`projection.${PARTITION_NAMES.day}.range`]: `${FIRST_DAY},NOW`,
    'storage.location.template': template,
  };
  const notes = [
    ...(isInBucket ? [] : ['-- Athena reads only S3: copy the folder there, and name the place here.']),
    ...(files.length > 0
      ? ['-- Print it again when accounts or Regions are added: the table lists them.']
      : ['-- There is no export yet, so each query must say which account and Region it reads: print it again later.']),
  ];
  return [
    '-- Athena',
    ...notes,
    `CREATE EXTERNAL TABLE IF NOT EXISTS ${TABLES[schema]} (`,
    columns.join(',\n'),
    ')',
    `PARTITIONED BY (${partitions.map((name) => `\`${name}\` string`).join(', ')})`,
    format === 'parquet' ? 'STORED AS PARQUET' : "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'",
    `LOCATION ${hiveText(location)}`,
    'TBLPROPERTIES (',
    Object.entries(properties)
      .map(([name, value]) => `  '${name}' = ${hiveText(value)}`)
      .join(',\n'),
    ');\n',
  ].join('\n');
}

/** The values of a partition: those that the export has, or what a query names. */
function projectionOf(name: string, values: readonly (string | undefined)[]): Record<string, string> {
  const folders = [...new Set(values.map(folderName))].sort();
  if (folders.length === 0) return { [`projection.${name}.type`]: 'injected' };
  return { [`projection.${name}.type`]: 'enum', [`projection.${name}.values`]: folders.join(',') };
}

/** DuckDB would take account IDs for numbers, and lose their zeros, if the types of partitions were left to it. */
function duckdbView(uri: string, { format, schema }: ExportKind): string {
  const { fields, jsonTexts } = SCHEMAS[schema];
  const files = sqlText(`${uri}/*/*/*/*.${format}`);
  const types = Object.values(PARTITION_NAMES).map((name) => `'${name}': VARCHAR`);
  const partitions = `hive_partitioning = true, hive_types = {${types.join(', ')}}`;
  const columns = fields.map(({ name, type }) => `    '${name}': ${sqlText(duckdbTypes(jsonTexts).of(type))}`);
  const reading =
    format === 'parquet'
      ? `read_parquet(${files}, ${partitions}, union_by_name = true)`
      : `read_json(${files}, format = 'newline_delimited', maximum_object_size = 67108864,\n` +
        `  ${partitions},\n  columns = {\n${columns.join(',\n')}\n  })`;
  return `-- DuckDB\nCREATE OR REPLACE VIEW ${TABLES[schema]} AS\nSELECT * FROM ${reading};\n`;
}

type Member = readonly [name: string, type: string];

/** How a dialect of SQL writes the types of columns. */
class ColumnTypes {
  private readonly names: Readonly<Record<Extract<FieldType, string>, string>>;
  private readonly list: (element: string) => string;
  private readonly struct: (members: readonly Member[]) => string;

  constructor(
    names: ColumnTypes['names'],
    list: (element: string) => string,
    struct: (members: readonly Member[]) => string,
  ) {
    this.names = names;
    this.list = list;
    this.struct = struct;
  }

  of(type: FieldType): string {
    if (isStruct(type)) return this.struct(this.membersOf(type));
    if (isStructs(type)) return this.list(this.struct(this.membersOf(type.list)));
    return this.names[type];
  }

  private membersOf(fields: readonly Field[]): Member[] {
    return fields.map(({ name, type }) => [name, this.of(type)]);
  }
}

const athenaTypes = (format: ExportKind['format']) =>
  new ColumnTypes(
    {
      ...{ text: 'string', json: 'string', integer: 'bigint', boolean: 'boolean', texts: 'array<string>' },
      // The reader of JSON does not know times in ISO 8601: from_iso8601_timestamp() reads the text.
      time: format === 'parquet' ? 'timestamp' : 'string',
    },
    (element) => `array<${element}>`,
    (members) => `struct<${members.map(([name, type]) => `${name}:${type}`).join(',')}>`,
  );

const duckdbTypes = (jsonTexts: ExportSchema['jsonTexts']) =>
  new ColumnTypes(
    {
      ...{ text: 'VARCHAR', json: jsonTexts === 'nested' ? 'JSON' : 'VARCHAR', integer: 'BIGINT' },
      ...{ boolean: 'BOOLEAN', time: 'TIMESTAMPTZ', texts: 'VARCHAR[]' },
    },
    (element) => `${element}[]`,
    (members) => `STRUCT(${members.map(([name, type]) => `"${name}" ${type}`).join(', ')})`,
  );

const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;
const hiveText = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
