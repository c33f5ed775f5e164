import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest's environment, in a context with a global object of its own. Jest makes a proxy the global object, for which the engine
 * leaves compiled code at each use of `Object`, `Promise` or `Buffer`: tests and what they import take up to twice as long.
 * https://nodejs.org/api/vm.html#vmconstantsdont_contextify
 */
export default class extends TestEnvironment {
  constructor(...args) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...args);
    } finally {
      vm.createContext = createContext;
    }
  }
}
