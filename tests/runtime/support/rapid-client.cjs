// To be preloaded. aws-lambda-ric loads `rapid-client.node`, compiled from C++ when it is installed; it gets this file
// instead, the same three functions over node:http. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
const { request } = require('node:http');
const { registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === './rapid-client.node'
      ? { url: pathToFileURL(__filename).href, format: 'commonjs', shortCircuit: true }
      : nextResolve(specifier, context),
});

const INVOCATION = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

/** The native client posts before it returns; here, the next invocation waits for it. */
let posted = Promise.resolve();

exports.next = async () => {
  await posted;
  const { headers, body } = await call('GET', '/next');
  return { bodyJson: body, headers };
};

exports.done = (requestId, response) => {
  posted = call('POST', `/${requestId}/response`, response);
};

exports.error = (requestId, error) => {
  posted = call('POST', `/${requestId}/error`, error);
};

function call(method, path, body = '') {
  return new Promise((resolve, reject) => {
    const outgoing = request(INVOCATION + path, { method }, async (incoming) => {
      const chunks = [];
      for await (const chunk of incoming) chunks.push(chunk);
      resolve({ headers: incoming.headers, body: Buffer.concat(chunks).toString() });
    });
    outgoing.on('error', reject).end(body);
  });
}
