/**
 * The entry point of `mwaa-trail`: starts the program, or says that it needs another version of Node. Every version must be able
 * to read this file, so it is written in ES5; the build refuses anything newer.
 */
'use strict';

/** From package.json, by the build: alternatives of `^22.18.0` and `>=24.0.0`. */
var range = SUPPORTED_NODE;

function isSupported(version) {
  var alternatives = range.split(' || ');
  var i = 0;
  while (i < alternatives.length && !isWithin(version, alternatives[i])) i += 1;
  return i < alternatives.length;
}

function isWithin(version, alternative) {
  var wanted = /^(\^|>=)(\d+)\.(\d+)\.(\d+)$/.exec(alternative);
  var found = /^v(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (found[1] !== wanted[2]) return wanted[1] === '>=' && Number(found[1]) > Number(wanted[2]);
  if (found[2] !== wanted[3]) return Number(found[2]) > Number(wanted[3]);
  return Number(found[3]) >= Number(wanted[4]);
}

if (isSupported(process.version)) {
  // Later starts need not compile again. What is compiled stays beside the program, where whoever can write could change the program
  // too; it does without if it cannot write there.
  require('node:module').enableCompileCache(require('node:path').join(__dirname, 'compiled'));
  require('./main.cjs');
} else {
  process.stderr.write(
    'mwaa-trail: this is Node ' +
      process.version +
      ', expected ' +
      range +
      ': install one of these, or use npx mwaa-trail in the project, which takes the Node that npm ci brings along\n',
  );
  process.exitCode = 1;
}
