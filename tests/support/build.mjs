import { execFileSync } from 'node:child_process';

// Once for a test run: the program and the function as they are shipped.
export default () => {
  execFileSync(process.execPath, ['build.mjs', 'cli', 'ingest', 'query'], { stdio: 'inherit' });
};
