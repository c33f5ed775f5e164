// Preloaded into a process (`node --require`): notes the address of each server that it starts, as a line of JSON.
const { appendFileSync } = require('node:fs');
const { Server } = require('node:net');

const { emit } = Server.prototype;
Server.prototype.emit = function (event, ...values) {
  if (event === 'listening') appendFileSync(process.env.LISTENERS_FILE, `${JSON.stringify(this.address())}\n`);
  return emit.call(this, event, ...values);
};
