// Runs Serverless once for each list of arguments, until one fails. One process: to load Serverless takes longer than to run it.
const script = require.resolve('serverless/scripts/serverless.js');
const runs = JSON.parse(process.argv[2]);
// Each run adds some, and leaves them.
process.setMaxListeners(0);
// A run keeps the process alive until it has ended.
process.on('beforeExit', () => {
  const args = runs.shift();
  if (args === undefined || process.exitCode) return;
  process.argv = [process.execPath, script, ...args];
  delete require.cache[script];
  require(script);
});
