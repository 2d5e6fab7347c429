import type { Finding } from "./key-file.ts";
import type { KeyPlace } from "./key-place.ts";

export type Custody = KeyPlace["custody"];

export type KeyPlaces = Readonly<Record<Custody, KeyPlace>>;

/** The place of the key in use, which may become the other one while the app runs. */
export interface CustodyPlace extends KeyPlace {
  /** From now on the key is in the place of this custody. */
  switchTo(custody: Custody): void;
  /** What is told of a move between the places at each look, or null. */
  tellOfMove(finding: Finding | null): void;
}

/** The place that the custody names, and from `switchTo` on the one that it names then. */
export function custodyPlace(places: KeyPlaces, custody: Custody): CustodyPlace {
  let place = places[custody];
  let ofMove: readonly Finding[] = [];
  return {
    switchTo: (to) => void (place = places[to]),
    tellOfMove: (finding) => void (ofMove = finding ? [finding] : []),
    get custody() {
      return place.custody;
    },
    get noun() {
      return place.noun;
    },
    get back() {
      return place.back;
    },
    get fixed() {
      return place.fixed;
    },
    reach: (what) => place.reach(what),
    read: async (how) => {
      const source = await place.read(how);
      return { ...source, findings: [...ofMove, ...source.findings] };
    },
    create: () => place.create(),
    readNext: () => place.readNext(),
    writeNext: (key) => place.writeNext(key),
    promoteNext: () => place.promoteNext(),
    discardNext: () => place.discardNext(),
    put: (key, now) => place.put(key, now),
    readAside: () => place.readAside(),
    discardAside: (name) => place.discardAside(name),
    remove: () => place.remove(),
  };
}
