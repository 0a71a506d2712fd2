// Starts everything else, from a bare clone: installs if the lock changed, compiles, and hands over to Node 24.
// Plain JavaScript and no dependency, because nothing is installed yet when it runs. Speaks on stderr only.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const at = (...parts) => path.join(ROOT, ...parts);
const MODULES = at('node_modules');
const LOCK_STAMP = at('node_modules', '.lancette-lock');
const BUILD_INFO = at('dist', '.tsbuildinfo');
const MUTEX = at('dist', '.bootstrap.lock');
const COMPILED = ['src', 'tests', 'migrations'];
const WINDOWS = process.platform === 'win32';

/** What meets input from outside has no `__proto__` by which an object could change what all objects are (SECURITY A69). */
const HARDENED = ['--disable-proto=throw'];

const TARGETS = {
  start: (args) => script('dist/src/main.js', args, { flags: HARDENED }),
  lancette: (args) => script('dist/src/cli/lancette.js', args, { flags: HARDENED, cwd: callersFolder() }),
  derive: (args) => script('dist/src/cli/derive.js', args),
  bench: (args) => script('dist/tests/bench/bench.js', args),
  'bench-certificates': (args) => script('dist/tests/bench/certificates.js', args),
  'bench-replay': (args) => script('dist/tests/bench/replay.js', args),
  'bench-nir': (args) => script('dist/tests/bench/nir-timing.js', args),
  screenshots: (args) => script('dist/tests/dashboard/screenshots.js', args),
  flip: (args) => script('dist/tests/law/flip.js', args),
  test: (args) => checkedTests(args, {}),
  // A soak's counts take as long as they take; what hangs is seen by whoever waits for it.
  soak: (args) => checkedTests([`--testTimeout=${6 * 3_600_000}`, ...args], { LANCETTE_SOAK: '1' }),
};
const COUNTED = ['test', 'soak'];

async function main([target, ...args]) {
  if (!Object.hasOwn(TARGETS, target ?? '')) {
    say(`usage: node src/cli/bootstrap.mjs ${Object.keys(TARGETS).join('|')} [arguments]`);
    return { code: 2 };
  }
  const prepared = await prepare();
  const ended = failed(prepared) ? prepared : await TARGETS[target](args);
  if (failed(prepared) && COUNTED.includes(target)) countNothing();
  return ended;
}

/** One process of a checkout at a time installs and compiles; the next ones find the work done. */
async function prepare() {
  try {
    fs.mkdirSync(at('dist'), { recursive: true });
    fs.accessSync(at('dist'), fs.constants.W_OK);
  } catch {
    say(`cannot write to ${at('dist')}: it belongs to another user; remove it, or run as that user`);
    return { code: 1 };
  }
  const release = await takeMutex();
  try {
    const installed = await install();
    return failed(installed) ? installed : await compile();
  } finally {
    release();
  }
}

async function install() {
  const wanted = createHash('sha256')
    .update(fs.readFileSync(at('package-lock.json')))
    .digest('hex');
  if (readIfAny(LOCK_STAMP) === wanted) return { code: 0 };
  say('installing packages (npm ci) …');
  // Types and the compiler are development packages, PostgreSQL and Node 24 optional ones: whatever NODE_ENV says.
  const flags = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm would otherwise run under node_modules/.bin/node, which it is about to delete.
  const ended = await run('npm', ['ci', ...flags], { stdio: STDERR_ONLY, env: outsideNpm(), shell: WINDOWS });
  if (!failed(ended)) fs.writeFileSync(LOCK_STAMP, wanted);
  return ended;
}

async function compile() {
  removeOrphans();
  if (!everySourceIsBuilt()) fs.rmSync(BUILD_INFO, { force: true });
  const tsc = [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', at('tsconfig.json')];
  return run(currentNode(), tsc, { stdio: STDERR_ONLY });
}

/** What a deleted source left in dist would still be imported, tested, or run. */
function removeOrphans() {
  for (const folder of COMPILED) {
    for (const file of filesBelow(at('dist', folder))) {
      if (sourcesOf(file).some((source) => fs.existsSync(source))) continue;
      fs.rmSync(file, { force: true });
    }
  }
}

function sourcesOf(output) {
  const source = at(path.relative(at('dist'), output)).replace(/\.map$/, '');
  return [source.replace(/(\.d)?\.[jt]s$/, '.ts'), source.replace(/(\.d)?\.m[jt]s$/, '.mts'), source];
}

/** tsc trusts its build info and does not write again an output that somebody deleted. */
function everySourceIsBuilt() {
  const sources = COMPILED.flatMap((folder) => filesBelow(at(folder)));
  return sources
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .every((file) => fs.existsSync(at('dist', path.relative(ROOT, file)).replace(/ts$/, 'js')));
}

/** The benchmark's peers keep packages of their own below tests/: they are none of our sources. */
function filesBelow(folder) {
  const entries = fs.existsSync(folder) ? fs.readdirSync(folder, { withFileTypes: true }) : [];
  return entries.flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(file);
    return entry.isFile() ? [file] : [];
  });
}

const BIOME_FLAGS = ['--diagnostic-level=error', process.stderr.isTTY ? '--colors=force' : '--colors=off'];

/** Each file evaluates every module anew: with room for what is young, less of it is copied about. jest's workers inherit them. */
const JEST_FLAGS = [
  ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  ...['--min-semi-space-size=32', '--max-semi-space-size=64'],
];

/** graphql-js checks every object it meets unless it runs in production: tested as it is served. */
const AS_SERVED = { NODE_ENV: 'production' };

async function checkedTests(args, env) {
  const biome = at('node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const checked = await run(currentNode(), [biome, 'ci', '.', ...BIOME_FLAGS], { quiet: true });
  if (failed(checked)) {
    countNothing();
    return checked;
  }
  const tally = path.join(os.tmpdir(), `lancette-tally-${process.pid}`);
  const jest = [...JEST_FLAGS, at('node_modules', 'jest', 'bin', 'jest.js'), ...args.map(asCompiled)];
  const ended = await run(node24(), jest, { env: { ...AS_SERVED, ...process.env, ...env, LANCETTE_TALLY: tally } });
  // jest can stop before its reporters speak: no file matched, or the cluster did not start.
  const counted = readIfAny(tally);
  fs.rmSync(tally, { force: true });
  if (!counted) countNothing();
  else process.stdout.write(counted);
  return counted || failed(ended) ? ended : { code: 1 };
}

/** `npm test -- tests/db/embedded.test.ts` means the compiled file. */
const asCompiled = (arg) => (/^[^-].*\.test\.ts$/.test(arg) ? arg.replace(/ts$/, 'js') : arg);

const countNothing = () => process.stdout.write('0 passed, 1 failed\n');

function script(file, args, { flags = [], ...options } = {}) {
  if (!fs.existsSync(at(file))) {
    say(`${file} does not exist: this checkout has no ${file.replace(/^dist\//, '').replace(/js$/, 'ts')}`);
    return { code: 1 };
  }
  const env = { ...AS_SERVED, ...process.env };
  return run(node24(), [...flags, at(file), ...args], { cwd: ROOT, env, ...options });
}

/** npm moves to the package's folder; a file named on the command line is relative to where the person typed. */
function callersFolder() {
  const typedIn = process.env.npm_lifecycle_event === 'lancette' ? process.env.INIT_CWD : undefined;
  return typedIn && fs.existsSync(typedIn) ? typedIn : process.cwd();
}

function node24() {
  const folder = at('node_modules', `node-${WINDOWS ? 'win' : process.platform}-${process.arch}`, 'bin');
  const bundled = path.join(folder, WINDOWS ? 'node.exe' : 'node');
  return isExecutable(bundled) ? bundled : currentNode();
}

/** After `npm ci` the binary this process runs may be gone from disk: it can be node_modules/.bin/node. */
const currentNode = () => (fs.existsSync(process.execPath) ? process.execPath : 'node');

function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function outsideNpm() {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const kept = (process.env[key] ?? '').split(path.delimiter).filter((folder) => !folder.startsWith(MODULES));
  return { ...process.env, [key]: kept.join(path.delimiter) };
}

const STDERR_ONLY = ['ignore', 2, 2];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs a program to its end: signals forwarded, exit code and fatal signal kept. */
function run(program, args, { quiet = false, ...options } = {}) {
  return new Promise((resolve) => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(program, args, { cwd: ROOT, stdio, ...options });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => said.push(part));
    const forward = forwarder(child);
    for (const signal of SIGNALS) process.on(signal, forward);
    const end = (result) => {
      for (const signal of SIGNALS) process.off(signal, forward);
      if (failed(result)) process.stderr.write(Buffer.concat(said));
      resolve(result);
    };
    child.on('error', (error) => {
      say(`${path.basename(program)} could not be started: ${error.message}`);
      end({ code: 1 });
    });
    child.on('close', (code, signal) => end({ code: code ?? 1, signal }));
  });
}

/** Ctrl-C reaches the whole terminal group by itself: forwarding it again would look like a second, impatient one. */
function forwarder(child) {
  return (signal) => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
}

async function takeMutex() {
  const mine = `${os.hostname()} ${process.pid}`;
  for (let told = false; !created(MUTEX, mine); told = true) {
    if (breakIfAbandoned()) continue;
    if (!told) say('another run is installing or compiling here: waiting …');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const release = () => readIfAny(MUTEX) === mine && fs.rmSync(MUTEX, { force: true });
  process.once('exit', release);
  return release;
}

function created(file, content) {
  try {
    fs.writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function breakIfAbandoned() {
  if (!isAbandoned(MUTEX)) return false;
  const aside = `${MUTEX}.${process.pid}`;
  try {
    fs.renameSync(MUTEX, aside);
  } catch {
    return true; // somebody else was faster
  }
  if (!isAbandoned(aside)) created(MUTEX, readIfAny(aside)); // it had changed hands meanwhile: put back
  fs.rmSync(aside, { force: true });
  return true;
}

function isAbandoned(file) {
  const written = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (written === undefined) return false;
  const [host, pid] = (readIfAny(file) ?? '').split(' ');
  if (!pid) return Date.now() - written > 10_000; // created, not yet signed
  if (host !== os.hostname()) return Date.now() - written > 15 * 60_000;
  return Number(pid) === process.pid || !isAlive(Number(pid));
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

function readIfAny(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

const failed = ({ code, signal }) => code !== 0 || Boolean(signal);
const say = (line) => process.stderr.write(`lancette: ${line}\n`);

const ended = await main(process.argv.slice(2));
if (ended.signal) process.kill(process.pid, ended.signal);
process.exitCode = ended.code;
