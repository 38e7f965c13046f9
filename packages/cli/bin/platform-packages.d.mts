export const PLATFORM_PACKAGES: Readonly<Record<string, string>>;
