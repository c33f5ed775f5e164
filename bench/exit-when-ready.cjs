// Preloaded; aws-lambda-ric then gets this file instead of its native client. The process ends where it would wait for its first
// event.
const { registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === './rapid-client.node'
      ? { url: pathToFileURL(__filename).href, format: 'commonjs', shortCircuit: true }
      : nextResolve(specifier, context),
});

exports.next = () => process.exit(0);
