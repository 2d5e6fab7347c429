import type { ProviderId } from "../../../preload/contract/providers.ts";

/** The settings of a provider vault: flat, and never a credential. */
export type VaultConfig = { readonly [name: string]: string | number | boolean };

export interface ProviderDescriptor {
  readonly id: ProviderId;
  readonly label: string;
  /** Values can be stored there by this app. */
  readonly managed: boolean;
  /** Secrets that are there already can be linked. */
  readonly external: boolean;
  /** Why nothing can be read from it in this version, or null where it can. */
  readonly unavailable: string | null;
}

/** Whose secret it is; the name of a managed one is derived from it. */
export interface ManagedAddress {
  readonly companyId: string;
  readonly secretKey: string;
}

export interface RemoteEntry {
  readonly externalRef: string;
  readonly name: string;
  readonly changedAt: Date | null;
}

/** A connection to one vault, open for a few calls. Each throws a `ProviderFault`, and none carries the provider's text. */
export interface RemoteSession {
  /**
   * Stores a first value under the derived name. `versionRef` is chosen by the caller and written down before, so that what
   * a kill leaves behind can be found.
   */
  create(address: ManagedAddress, versionRef: string, value: string): Promise<void>;
  /** Stores a further value that is not current yet. */
  addVersion(address: ManagedAddress, versionRef: string, value: string): Promise<void>;
  /** Makes a version the current one. */
  makeCurrent(address: ManagedAddress, versionRef: string): Promise<void>;
  /** Takes the mark off a version that never became current, so that the provider may drop it. */
  discardVersion(address: ManagedAddress, versionRef: string): Promise<void>;
  /** Throws `not_found` where there is no such secret. Reads no value. */
  check(externalRef: string): Promise<void>;
  /** The value of a version; with null, of the current one. */
  read(externalRef: string, versionRef: string | null): Promise<string>;
  /** Deletes a managed secret. One that is gone already counts as deleted. */
  remove(address: ManagedAddress): Promise<void>;
  /** Deletes what a creation left that came to nothing: only where this version is all that is there. */
  removeUnused(address: ManagedAddress, versionRef: string): Promise<void>;
  /** Throws where the vault cannot be used. Reads no value. */
  probe(): Promise<void>;
  /** What is there, page by page. Reads no value. */
  list(page: {
    readonly text: string | undefined;
    readonly limit: number;
    readonly cursor: string | undefined;
  }): Promise<{ readonly entries: readonly RemoteEntry[]; readonly nextCursor: string | null }>;
}

/** A vault of a provider that can be used, made of its settings. Nothing is called before `session`. */
export interface RemoteVault {
  /** The name of a managed secret, always the same for the same address. */
  managedName(address: ManagedAddress): string;
  /** Why this reference cannot be linked here, in words, or null. Names of managed secrets cannot. */
  whyNotLinked(externalRef: string): string | null;
  session<Answer>(work: (session: RemoteSession) => Promise<Answer>): Promise<Answer>;
}

/** One place where secrets can be kept. */
export interface Provider {
  readonly descriptor: ProviderDescriptor;
  /** The settings of a vault with defaults filled in. Refuses with `invalid_input`, and anything that looks like a credential. */
  readonly readConfig: (config: unknown) => VaultConfig;
  /** Settings that the names of managed secrets are made of: they stay while there are any. */
  readonly addressSettings: readonly string[];
  /** Null where this version can neither read nor write there. */
  readonly open: ((config: VaultConfig) => RemoteVault) | null;
}
