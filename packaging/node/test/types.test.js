'use strict';
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const test = require('node:test');

test('the types are what TypeScript says they are', () => {
  const tsc = require.resolve('typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'node16', '--moduleResolution', 'node16',
    '--target', 'es2022', '--lib', 'es2022', '--types', 'node'];
  try {
    execFileSync(process.execPath, [tsc, ...options, path.join(__dirname, 'types.ts')], { cwd: path.join(__dirname, '..') });
  } catch (error) {
    throw new Error(`${error.stdout}`);
  }
});
