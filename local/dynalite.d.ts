declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** https://github.com/architect/dynalite#readme */
  export default function dynalite(options: { path?: string; createTableMs?: number }): Server;
}

declare module 'dynalite/db/index.js' {
  interface Iterator {
    close(): Promise<void>;
  }
  export interface Database {
    keys(options?: object): Iterator;
    values(options?: object): Iterator;
    get(key: string): Promise<unknown>;
    put(key: string, value: unknown): Promise<void>;
  }
  export interface Store {
    db: Database;
    getTable(
      name: string,
      isActive: boolean,
      callback: (error: { statusCode?: number; body?: object } | null, table?: { TableId: string }) => void,
    ): void;
  }
  const db: { create(options: object): Store };
  export default db;
}
