declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** https://github.com/architect/dynalite#readme */
  export default function dynalite(options: { path?: string; createTableMs?: number }): Server;
}

declare module 'dynalite/db/index.js' {
  import type { KeySchemaElement, TableDescription } from '@aws-sdk/client-dynamodb';

  export interface Database {
    keys(options?: object): { close(): Promise<void> };
    values(options?: object): { close(): Promise<void> };
    /** Values are JSON; this project reads only what it has put. */
    get(key: string): Promise<string | undefined>;
    put(key: string, value: string): Promise<void>;
  }
  export interface Table extends TableDescription {
    TableId: string;
    KeySchema: KeySchemaElement[];
  }
  export interface Store {
    db: Database;
    getTable(
      name: string,
      isActive: boolean,
      callback: (error: { statusCode?: number; body?: object } | null, table?: Table) => void,
    ): void;
  }
  const db: { create(options: object): Store };
  export default db;
}
