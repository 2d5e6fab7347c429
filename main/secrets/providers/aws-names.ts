import type { ManagedAddress } from "./provider.ts";

/** The settings that names and tags are made of. */
export interface NameSettings {
  readonly region: string;
  readonly prefix: string;
  readonly deployment: string;
  readonly environment: string;
}

/** The stage of a version that is stored and not current yet. */
export const PENDING_STAGE = "PAPERCLIP_PENDING";

/** The part of AWS Secrets Manager that this app manages: everything below it has its name from here. */
function managedNamespace({ prefix, deployment }: NameSettings): string {
  return `${prefix}/${deployment}/`;
}

/** `prefix/deployment/company/key`. */
export function managedName(settings: NameSettings, { companyId, secretKey }: ManagedAddress): string {
  return `${managedNamespace(settings)}${companyId}/${secretKey}`;
}

/** A name that no secret has, inside of the managed part: to ask for it needs the same permission as any of them. */
export function probeName(settings: NameSettings): string {
  return `${managedNamespace(settings)}probe`;
}

/** What a managed secret is marked with at AWS. */
export function managedTags(settings: NameSettings, address: ManagedAddress): { Key: string; Value: string }[] {
  return Object.entries({
    "managed-by": "paperclip",
    "provider-owner": "paperclip-desktop",
    "deployment-id": settings.deployment,
    "company-id": address.companyId,
    "secret-key": address.secretKey,
    environment: settings.environment,
  }).map(([Key, Value]) => ({ Key, Value }));
}

const ARN = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:(.+)$/;
/** What AWS takes as the name of a secret. */
const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

/** Why a reference cannot be linked to a vault of these settings, or null. */
export function whyNotLinked(settings: NameSettings, externalRef: string): string | null {
  const [, region, resource] = ARN.exec(externalRef) ?? [];
  const name = resource ?? externalRef;
  if (!NAME.test(name)) return "it is neither a name nor an ARN of a secret of AWS Secrets Manager";
  if (region !== undefined && region !== settings.region) {
    return `it is in the region ${region}, and the provider vault is in ${settings.region}`;
  }
  return name.startsWith(managedNamespace(settings))
    ? `names below ${managedNamespace(settings)} are managed by this app and are not linked`
    : null;
}
