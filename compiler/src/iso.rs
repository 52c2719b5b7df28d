//! What the world has agreed on: currencies (ISO 4217) and time zones (IANA).

use jiff::tz::TimeZoneDatabase;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, nearest};
use journey_grammar::span::Span;

/// The currencies in use, in order.
const CURRENCIES: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF",
    "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC",
    "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS",
    "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD",
    "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL",
    "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD",
    "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD",
    "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP",
    "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED",
    "VES", "VND", "VUV", "WST", "XAF", "XCD", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
];

/// Whether these are the letters of a currency.
pub fn is_currency(letters: &str) -> bool {
    CURRENCIES.binary_search(&letters).is_ok()
}

/// The currency that was probably meant: other case, or one letter off.
pub fn near_currency(letters: &str) -> Option<&'static str> {
    let upper = letters.to_uppercase();
    CURRENCIES.iter().copied().find(|c| *c == upper).or_else(|| nearest(&upper, CURRENCIES.iter().copied()))
}

/// Whether this is the name of a time zone. Only the bundled database is asked, never the host's.
pub fn is_zone(name: &str) -> bool {
    TimeZoneDatabase::bundled().get(name).is_ok_and(|z| z.iana_name().is_none_or(|known| known == name))
}

/// The time zone that was probably meant: the nearest name, or the one whose city it is.
pub fn near_zone(name: &str) -> Option<String> {
    let database = TimeZoneDatabase::bundled();
    let names: Vec<String> = database.available().map(|n| n.as_str().to_string()).collect();
    let wanted = name.replace(' ', "_");
    let same = names.iter().find(|n| n.eq_ignore_ascii_case(&wanted));
    let city = || {
        names
            .iter()
            .find(|n| n.rsplit('/').next().is_some_and(|city| n.contains('/') && city.eq_ignore_ascii_case(&wanted)))
    };
    let near = || nearest(&wanted, names.iter().map(String::as_str));
    same.or_else(city).map(String::as_str).or_else(near).map(str::to_string)
}

/// The finding about a zone that does not exist; `span` is that of the text with its quotes.
pub fn unknown_zone(zone: &str, span: Span) -> Diagnostic {
    let near = near_zone(zone);
    let label = near.as_ref().map_or("not in the time zone database".to_string(), |n| format!("did you mean `{n}`?"));
    let d = Diagnostic::new(Code::UnknownZone, span, format!("there is no time zone `{zone}`"), label);
    match near {
        Some(near) => d.fix(format!("change it to `{near}`"), span, format!("\"{near}\"")),
        None => d.help("write continent and city, as in `Europe/Berlin`"),
    }
}

/// The finding about a currency that does not exist.
pub fn unknown_currency(letters: &str, span: Span, quoted: bool) -> Diagnostic {
    let near = near_currency(letters);
    let label = near.map_or("not in ISO 4217".to_string(), |n| format!("did you mean `{n}`?"));
    let d = Diagnostic::new(Code::UnknownCurrency, span, format!("there is no currency `{letters}`"), label);
    match near {
        Some(near) => {
            let text = if quoted { format!("\"{near}\"") } else { near.to_string() };
            d.fix(format!("change it to `{near}`"), span, text)
        }
        None => d.help("write its three letters, as in `EUR` or `USD`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_stand_in_order() {
        assert!(CURRENCIES.is_sorted());
        assert!(is_currency("EUR") && !is_currency("eur"));
        assert_eq!(near_currency("eur"), Some("EUR"));
    }

    #[test]
    fn zones_are_found_by_name_and_by_city() {
        assert!(is_zone("Europe/Berlin") && is_zone("UTC") && !is_zone("europe/berlin") && !is_zone("Berlin"));
        assert_eq!(near_zone("berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(near_zone("New York").as_deref(), Some("America/New_York"));
        assert_eq!(near_zone("Europe/Barlin").as_deref(), Some("Europe/Berlin"));
    }
}
