'use strict';
// check.js FILE...: each dashboard against Grafana's own types; what does not fit goes to the standard output, a line each.
const fs = require('fs');
const path = require('path');
const ts = require('typescript');

const PREFIX = "import type { Checked } from './dashboard';\nexport const dashboard: Checked = ";
const options = {
  strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

// Each dashboard becomes a module beside dashboard.ts, in memory only.
const modules = new Map(process.argv.slice(2).map((file, i) => [path.join(__dirname, `checked${i}.ts`), file]));
const host = ts.createCompilerHost(options);
const { readFile, fileExists, getSourceFile } = host;
const text = (name) => PREFIX + fs.readFileSync(modules.get(name), 'utf8');
host.fileExists = (name) => modules.has(name) || fileExists(name);
host.readFile = (name) => (modules.has(name) ? text(name) : readFile(name));
host.getSourceFile = (name, ...rest) =>
  (modules.has(name) ? ts.createSourceFile(name, text(name), ...rest) : getSourceFile.call(host, name, ...rest));

const program = ts.createProgram([path.join(__dirname, 'dashboard.ts'), ...modules.keys()], options, host);
const found = ts.getPreEmitDiagnostics(program);
for (const diagnostic of found) {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
  const { file, start } = diagnostic;
  const line = file ? file.getLineAndCharacterOfPosition(start).line : 0;
  const name = file && modules.get(file.fileName);
  console.log(name ? `${name}:${line}: ${message}` : `${file ? `${file.fileName}:${line + 1}: ` : ''}${message}`);
}
process.exitCode = found.length ? 1 : 0;
