import type { BuildOptions } from 'esbuild';

export function lambdaBundle(name: 'ingest' | 'query' | 'verify'): BuildOptions;
