// To be preloaded: aws-lambda-ric loads a native client, compiled from C++ when it is installed. It gets one of ours.
import { registerHooks } from 'node:module';

const OURS = new URL('./rapid-client.cjs', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === './rapid-client.node'
      ? { url: OURS, format: 'commonjs', shortCircuit: true }
      : nextResolve(specifier, context),
});
