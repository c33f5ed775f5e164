import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packageRoot } from '../../local/table-definitions.ts';
import type { ApiRequest } from '../../shared/http/messages.ts';
import type { SiteResponse } from './http-server.ts';

/** Where the build puts the console. */
export const consoleFolder = () => join(packageRoot(), 'dist', 'console');

/** The console's files by the path of a URL. Nothing else can be served: a request is only looked up here. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

interface ConsoleFile {
  headers: Readonly<Record<string, string>>;
  body: Buffer;
  /** Absent: the file is compressed already. */
  gzipped?: () => Buffer;
}

/** A file of another type is not served. */
const TYPES: Readonly<Record<string, { contentType: string; isText: boolean }>> = {
  '.html': { contentType: 'text/html; charset=utf-8', isText: true },
  '.js': { contentType: 'text/javascript; charset=utf-8', isText: true },
  '.css': { contentType: 'text/css; charset=utf-8', isText: true },
  '.svg': { contentType: 'image/svg+xml', isText: true },
  '.png': { contentType: 'image/png', isText: false },
  '.ico': { contentType: 'image/x-icon', isText: false },
  '.woff2': { contentType: 'font/woff2', isText: false },
  '.txt': { contentType: 'text/plain; charset=utf-8', isText: true },
  '.woff': { contentType: 'font/woff', isText: false },
};

/** The page runs its own scripts alone, and asks nobody but this server. */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self' data:",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

const FOR_EVER = 'public, max-age=31536000, immutable';
/** As esbuild names what it builds: `app-7KQXW2ZD.js`. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/;

const INDEX = 'index.html';

/** Reads the console; undefined if it is not built. */
export function readConsole(folder: string): ConsoleFiles | undefined {
  const names = namesIn(folder).filter((name) => extname(name) in TYPES);
  if (!names.includes(INDEX)) return undefined;
  return new Map(
    names.map((name) => [
      name === INDEX ? '/' : `/console/${name}`,
      toConsoleFile(name, readFileSync(join(folder, name))),
    ]),
  );
}

/** The names of the files in a folder; none if there is no folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function toConsoleFile(name: string, body: Buffer): ConsoleFile {
  const { contentType, isText } = TYPES[extname(name)]!;
  const headers = {
    ...HEADERS,
    'content-type': contentType,
    'cache-control': HASHED.test(name) ? FOR_EVER : 'no-cache',
  };
  if (!isText) return { headers, body };
  let compressed: Buffer | undefined;
  return {
    headers: { ...headers, vary: 'accept-encoding' },
    body,
    gzipped: () => {
      compressed ??= gzipSync(body);
      return compressed;
    },
  };
}

export function fileResponse({ headers, body, gzipped }: ConsoleFile, request: ApiRequest): SiteResponse {
  if (!gzipped || !acceptsGzip(request.headers.get('accept-encoding') ?? '')) return { status: 200, headers, body };
  return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipped() };
}

function acceptsGzip(acceptEncoding: string): boolean {
  const codings = acceptEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.replaceAll(/\s/g, ''));
  return codings.some((coding) => /^gzip(;q=(1|0\.\d*[1-9]).*)?$/.test(coding));
}
