/** Holds one file against the laws of the house. */
import { posix } from 'node:path';
import { isBuiltin } from 'node:module';
import { doors, house, isTestFile, portOfSystem, purePackages, roomOf } from './house.ts';
import type { Room } from './house.ts';
import { readSource } from './source-facts.ts';
import type { Import } from './source-facts.ts';

/** The laws, each with a planted source in the test that must be caught. */
export type Law =
  | 'has a room'
  | 'arrow'
  | 'types only'
  | 'port of system'
  | 'server knows no cli'
  | 'pure: no node'
  | 'pure: packages'
  | 'pure: acts'
  | 'door'
  | 'declared package'
  | 'computed import'
  | 'no test code'
  | 'inside the house';

export type Finding = {
  readonly file: string;
  readonly line: number;
  readonly law: Law;
  readonly what: string;
};

/** What is declared in package.json. */
export type Declared = {
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
};

/** Every breach of a law in one file; `file` is its path from the project's root. */
export function findings(file: string, text: string, declared: Declared): readonly Finding[] {
  const room = roomOf(file);
  if (room === undefined) {
    return [{ file, line: 1, law: 'has a room', what: 'lies in no room of the house' }];
  }
  const facts = readSource(file, text);
  const found: Finding[] = [];
  const report = (line: number, law: Law, what: string): void => {
    found.push({ file, line, law, what });
  };
  for (const one of facts.imports) checkImport(file, room, one, declared, report);
  if (isTestFile(file)) return found;
  if (house[room].pure) {
    for (const use of facts.impurities) report(use.line, 'pure: acts', use.name);
  }
  if (!doors.some((door) => door.test(file))) {
    for (const use of facts.doorUses) report(use.line, 'door', use.name);
  }
  return found;
}

type Report = (line: number, law: Law, what: string) => void;

function checkImport(
  file: string,
  room: Room,
  { line, specifier, typeOnly }: Import,
  declared: Declared,
  report: Report,
): void {
  if (specifier === undefined) {
    if (!isTestFile(file)) report(line, 'computed import', 'import() of a computed name');
    return;
  }
  if (!specifier.startsWith('.')) {
    checkPackage(file, room, line, specifier, declared, report);
    return;
  }
  const target = posix.join(posix.dirname(file), specifier);
  const isServerSide = room === 'server' || room === 'contract';
  if (isServerSide && target.startsWith('cli/')) {
    report(line, 'server knows no cli', target);
    return;
  }
  // Tests may use real parts of other rooms, the server's test helpers included.
  if (isTestFile(file)) return;
  if (isTestFile(target)) {
    report(line, 'no test code', target);
    return;
  }
  const targetRoom = roomOf(target);
  if (targetRoom === undefined) {
    report(line, 'inside the house', target);
    return;
  }
  if (targetRoom === room || house[room].imports.includes(targetRoom)) return;
  if (!house[room].importsTypesOf.includes(targetRoom)) {
    report(line, 'arrow', `${room} must not import ${targetRoom} (${target})`);
  } else if (!typeOnly) {
    report(line, 'types only', `${room} may import only types of ${targetRoom} (${target})`);
  } else if (targetRoom === 'system' && target !== portOfSystem) {
    report(line, 'port of system', `${room} may name only ${portOfSystem}, not ${target}`);
  }
}

function checkPackage(
  file: string,
  room: Room,
  line: number,
  specifier: string,
  declared: Declared,
  report: Report,
): void {
  const inTest = isTestFile(file);
  if (isBuiltin(specifier)) {
    if (house[room].pure && !inTest) report(line, 'pure: no node', specifier);
    return;
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const known = inTest
    ? [...declared.dependencies, ...declared.devDependencies]
    : declared.dependencies;
  const isOwn = house[room].packages?.includes(name) === true;
  const isDeclared = isOwn
    ? [...declared.dependencies, ...declared.devDependencies].includes(name)
    : known.includes(name);
  if (!isDeclared) report(line, 'declared package', name);
  if (house[room].pure && !inTest && !isOwn && !purePackages.includes(name)) {
    report(line, 'pure: packages', name);
  }
}
