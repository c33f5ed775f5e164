// Runs Serverless once for each `{ args, cwd }`, until one fails. One process: to load Serverless takes longer than to run it.
const script = require.resolve('serverless/scripts/serverless.js');
const runs = JSON.parse(process.argv[2]);
// Each run adds some, and leaves them.
process.setMaxListeners(0);
// A run keeps the process alive until it has ended.
process.on('beforeExit', () => {
  const run = runs.shift();
  if (run === undefined || process.exitCode) return;
  process.chdir(run.cwd);
  process.argv = [process.execPath, script, ...run.args];
  delete require.cache[script];
  require(script);
});
