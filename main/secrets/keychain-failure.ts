/**
 * Why a keychain could not be used. `unloaded`: its library is not there. `no_bus`: the session has no D-Bus. `no_service`:
 * nothing on the bus keeps secrets. `no_keyring`: something does, and no keyring is made or open yet. `locked`: there is
 * a keyring, and it is locked. `denied`: its user or the system said no. `timed_out`: no answer came. `failed`: all else.
 */
export type KeychainReason =
  | "unloaded"
  | "no_bus"
  | "no_service"
  | "no_keyring"
  | "locked"
  | "denied"
  | "timed_out"
  | "failed";

/** Why a keychain could not be used: a sentence that says so, and what can be done. */
export interface KeychainFailure {
  readonly reason: KeychainReason;
  readonly message: string;
  readonly next: string;
}

/** Characters of a system's own words that are passed on. */
const LONGEST_WORDS = 200;

/** The keychain of a system, as its users know it. */
export function keychainName(platform: NodeJS.Platform): string {
  if (platform === "darwin") return "macOS Keychain";
  if (platform === "win32") return "Windows Credential Manager";
  return "Secret Service keyring";
}

/** What a keychain's error text says, in our words. The text is that of libsecret, macOS or Windows, in English. */
export function readKeychainError(text: string, platform: NodeJS.Platform): KeychainFailure {
  const reason = signs.find(([, sign]) => sign.test(text))?.[0] ?? "failed";
  return keychainFailure(reason, platform, text);
}

/** Reasons by what is said where they hold; the first that fits counts. */
const signs: readonly (readonly [KeychainReason, RegExp])[] = [
  ["no_service", /org\.freedesktop\.secrets|ServiceUnknown/],
  ["no_bus", /Cannot autolaunch D-Bus|Cannot spawn a message bus|^Could not connect:|dbus-launch/],
  ["no_keyring", /Object does not exist at path/],
  ["locked", /locked|User interaction is not allowed/i],
  ["denied", /denied|cancel+ed|dismissed|not permitted|passphrase you entered is not correct/i],
  ["timed_out", /Timeout was reached|timed out/i],
];

/** A failure in words. `text` is what the system itself said. */
export function keychainFailure(
  reason: KeychainReason,
  platform: NodeJS.Platform,
  text: string | null = null,
): KeychainFailure {
  const name = `The ${keychainName(platform)}`;
  switch (reason) {
    case "unloaded":
      return platform === "linux"
        ? {
            reason,
            message: "The keychain cannot be used: the library libsecret does not load on this machine.",
            next: "Install it (Debian and Ubuntu: `apt install libsecret-1-0`; Fedora: `dnf install libsecret`), then try again.",
          }
        : {
            reason,
            message: `${name} cannot be used: the part of the app that speaks to it does not load on this machine.`,
            next: "Install the app again, then try again.",
          };
    case "no_bus":
      return {
        reason,
        message: "The keychain cannot be reached: this session has no D-Bus.",
        next:
          "Start the app from a desktop session, or in one of its own with `dbus-run-session` and an unlocked keyring. " +
          "A service without a session keeps its key in a file.",
      };
    case "no_service":
      return {
        reason,
        message:
          "The keychain cannot be reached: nothing in this session keeps secrets (no Secret Service on the D-Bus).",
        next: "Start a keyring such as gnome-keyring, KWallet or KeePassXC, then try again.",
      };
    case "no_keyring":
      return {
        reason,
        message:
          "The keychain cannot be used: the session has a Secret Service, and no keyring in it is made or unlocked.",
        next: "Unlock the keyring (sign in to the desktop, or make a default keyring in its password program), then try again.",
      };
    case "locked":
      return {
        reason,
        message: `${name} is locked.`,
        next: "Unlock it, then try again.",
      };
    case "denied":
      return {
        reason,
        message: `${name} was asked, and access was denied.`,
        next: "Permit Paperclip Desktop to use the entry when the system asks, then try again.",
      };
    case "timed_out":
      return {
        reason,
        message: `${name} did not answer in time; it may be waiting for its password in a window of its own.`,
        next: "Answer its window or unlock it, then try again.",
      };
    case "failed":
      return {
        reason,
        message: `${name} could not be used${text ? `: ${text.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST_WORDS)}` : ""}.`,
        next: "See to the keychain of this system, then try again.",
      };
  }
}
