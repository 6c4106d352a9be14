//! The public API: `api.txt` lists each public item once, except methods written by a macro. Further names of an item
//! are listed as `use name = item`. After an intended change, update the list with
//! `COFIL_UPDATE=1 cargo test -p cofil --test api`.

use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::{Fields, ImplItem, Item, TraitItem, UseTree, Visibility};

/// Path of a module: `["data", "read"]`; the crate itself is empty.
type Module = Vec<String>;

/// All modules of the crate with their items, without unit tests.
#[derive(Default)]
struct Crate(BTreeMap<Module, Vec<Item>>);

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes
        .iter()
        .any(|a| a.path().is_ident("cfg") && a.to_token_stream().to_string().contains("test"))
}

fn is_hidden(attributes: &[syn::Attribute]) -> bool {
    let hidden = |a: &syn::Attribute| a.to_token_stream().to_string().contains("hidden");
    attributes.iter().any(|a| a.path().is_ident("doc") && hidden(a))
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

impl Crate {
    fn read(root: &Path) -> Self {
        let mut all = Self::default();
        all.file(&root.join("lib.rs"), Vec::new(), root);
        all
    }

    /// Reads the file of `module`; the files of its submodules are in `folder`.
    fn file(&mut self, path: &Path, module: Module, folder: &Path) {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let file = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        self.items(file.items, module, folder);
    }

    fn items(&mut self, items: Vec<Item>, module: Module, folder: &Path) {
        for item in &items {
            let Item::Mod(inner) = item else { continue };
            if is_test(&inner.attrs) {
                continue;
            }
            let name = inner.ident.to_string();
            let mut path = module.clone();
            path.push(name.clone());
            let inside = folder.join(&name);
            match &inner.content {
                Some((_, items)) => self.items(items.clone(), path, &inside),
                None => {
                    let flat = folder.join(format!("{name}.rs"));
                    let file = if flat.exists() { flat } else { inside.join("mod.rs") };
                    self.file(&file, path, &inside);
                }
            }
        }
        self.0.insert(module, items);
    }
}

/// Renders code independently of the source layout.
fn compact(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let mut out = String::new();
    for part in text.split_whitespace() {
        let glue = out.is_empty()
            || out.ends_with(['(', '<', '&', '[', '\'', '.', '!', '#'])
            || out.ends_with("::")
            || part.starts_with([',', ')', '>', ';', ']', '.', '?', '<', '(', '['])
            || part.starts_with("::")
            || part == ":";
        if !glue {
            out.push(' ');
        }
        out += part;
    }
    out
}

/// The items that users of the crate can name, by path.
struct Listing<'a> {
    all: &'a Crate,
    lines: BTreeSet<String>,
    /// Types that can be named, whose methods are listed.
    types: BTreeSet<String>,
    seen: BTreeSet<(Module, String)>,
    /// The path at which an item was listed first.
    first: BTreeMap<*const Item, String>,
}

impl Listing<'_> {
    fn module(&mut self, module: &Module) {
        for item in &self.all.0[module] {
            match item {
                Item::Mod(inner)
                    if is_public(&inner.vis)
                        && !is_test(&inner.attrs)
                        && !is_hidden(&inner.attrs) =>
                {
                    let mut path = module.clone();
                    path.push(inner.ident.to_string());
                    self.lines.insert(format!("mod {}", path.join("::")));
                    self.module(&path);
                }
                Item::Use(import) if is_public(&import.vis) => {
                    self.import(module, module, Vec::new(), &import.tree);
                }
                _ => self.item(module, item),
            }
        }
    }

    /// Lists the items that `tree`, in `home`, re-exports at `at`.
    fn import(&mut self, at: &Module, home: &Module, mut path: Module, tree: &UseTree) {
        match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.import(at, home, path, &part.tree);
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.import(at, home, path.clone(), tree));
            }
            UseTree::Name(name) => self.handed_on(at, home, &path, &name.ident.to_string()),
            UseTree::Rename(name) => self.handed_on(at, home, &path, &name.ident.to_string()),
            UseTree::Glob(_) => {
                let module =
                    self.resolved(home, &path).unwrap_or_else(|| panic!("{path:?} of {home:?}"));
                let items = &self.all.0[&module];
                for item in items {
                    match item {
                        Item::Use(import) if is_public(&import.vis) => {
                            self.import(at, &module, Vec::new(), &import.tree);
                        }
                        _ => self.item(at, item),
                    }
                }
            }
        }
    }

    fn resolved(&self, home: &Module, path: &[String]) -> Option<Module> {
        let (mut from, mut rest) = (home.clone(), path);
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "crate" => from.clear(),
                "self" => {}
                "super" => drop(from.pop()),
                _ => break,
            }
            rest = others;
        }
        from.extend(rest.iter().cloned());
        self.all.0.contains_key(&from).then_some(from)
    }

    fn handed_on(&mut self, at: &Module, home: &Module, path: &[String], name: &str) {
        // Items of other crates are not listed.
        let Some(module) = self.resolved(home, path) else {
            self.lines.insert(format!("use {}::{name}", path.join("::")));
            return;
        };
        if !self.seen.insert((at.clone(), name.to_owned())) {
            return;
        }
        let before = self.lines.len();
        for item in &self.all.0[&module] {
            if named(item).is_some_and(|found| found == name) {
                self.item(at, item);
            } else if let Item::Use(import) = item {
                self.again(at, &module, Vec::new(), &import.tree, name);
            }
        }
        // Made by a macro: listed at the macro call.
        if self.lines.len() == before {
            let path = |module: &Module| {
                module.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join("::")
            };
            self.lines.insert(format!("use {} = {}", path(at), path(&module)));
        }
    }

    /// The list of algorithms, from which a macro makes the enum.
    fn recipes(&mut self, at: &Module, list: &syn::Macro) {
        let Recipes(names) = list.parse_body().expect("documented names with commas");
        let name =
            at.iter().map(String::as_str).chain(["Algorithm"]).collect::<Vec<_>>().join("::");
        self.types.insert("Algorithm".into());
        self.lines.insert(format!("enum {name}"));
        self.lines.extend(names.iter().map(|recipe| format!("variant {name}::{recipe}")));
    }

    /// Follows an item that `home` itself imports.
    fn again(&mut self, at: &Module, home: &Module, mut path: Module, tree: &UseTree, name: &str) {
        match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.again(at, home, path, &part.tree, name);
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.again(at, home, path.clone(), tree, name));
            }
            UseTree::Name(found) if found.ident == name => {
                self.seen.remove(&(at.clone(), name.to_owned()));
                self.handed_on(at, home, &path, name);
            }
            _ => {}
        }
    }

    fn item(&mut self, at: &Module, item: &Item) {
        let Some(name) = named(item).filter(|_| is_listed(item)) else { return };
        let path = at.iter().cloned().chain([name]).collect::<Vec<_>>().join("::");
        if let Some(first) = self.first.get(&std::ptr::from_ref(item)) {
            self.lines.insert(format!("use {path} = {first}"));
            return;
        }
        self.first.insert(item, path);
        let full = |name: &syn::Ident| {
            at.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>().join("::")
        };
        match item {
            Item::Fn(item) => {
                let mut line = compact(&item.sig);
                line = line.replacen(&item.sig.ident.to_string(), &full(&item.sig.ident), 1);
                self.lines.insert(line);
            }
            Item::Const(item) => {
                self.lines.insert(format!("const {}: {}", full(&item.ident), compact(&item.ty)));
            }
            Item::Type(item) => {
                self.lines.insert(format!("type {} = {}", full(&item.ident), compact(&item.ty)));
            }
            Item::Struct(item) => {
                let name = full(&item.ident);
                self.types.insert(item.ident.to_string());
                self.lines.insert(format!("struct {name}{}", compact(&item.generics)));
                self.fields(&name, &item.fields, true);
            }
            Item::Enum(item) => {
                let name = full(&item.ident);
                self.types.insert(item.ident.to_string());
                self.lines.insert(format!("enum {name}{}", compact(&item.generics)));
                for variant in &item.variants {
                    let name = format!("{name}::{}", variant.ident);
                    self.lines.insert(format!("variant {name}"));
                    self.fields(&name, &variant.fields, false);
                }
            }
            Item::Macro(item) if item.mac.path.is_ident("settings") => {
                let settings: Settings = item.mac.parse_body().expect("settings");
                let name = full(&settings.name);
                self.types.insert(settings.name.to_string());
                self.lines.insert(format!("struct {name}{}", compact(&settings.generics)));
                for group in &settings.groups {
                    self.fields(&name, &Fields::Named(shared(group)), true);
                }
                self.fields(&name, &Fields::Named(settings.own), true);
            }
            Item::Macro(item) => self.recipes(at, &item.mac),
            Item::Trait(item) => {
                let name = full(&item.ident);
                self.lines.insert(format!("trait {name}"));
                for inner in &item.items {
                    if let TraitItem::Fn(method) = inner {
                        self.lines.insert(format!("{name}: {}", compact(&method.sig)));
                    }
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, of: &str, fields: &Fields, private: bool) {
        for (at, field) in fields.iter().enumerate() {
            if !private || is_public(&field.vis) {
                let name = field.ident.as_ref().map_or(at.to_string(), ToString::to_string);
                self.lines.insert(format!("field {of}.{name}: {}", compact(&field.ty)));
            }
        }
    }

    /// The public methods of the types that can be named.
    fn methods(&mut self) {
        for (module, item) in
            self.all.0.iter().flat_map(|(m, items)| items.iter().map(move |i| (m, i)))
        {
            let Item::Impl(block) = item else { continue };
            if block.trait_.is_some() {
                continue;
            }
            let syn::Type::Path(path) = &*block.self_ty else { continue };
            let Some(last) = path.path.segments.last() else { continue };
            let name = last.ident.to_string();
            // If types share a name, the methods belong to the type in the same module.
            let beside = self.all.0[module].iter().find(|item| named(item).as_ref() == Some(&name));
            let can_be_named = match beside {
                Some(item) => self.first.contains_key(&std::ptr::from_ref(item)),
                None => self.types.contains(&name),
            };
            if !can_be_named {
                continue;
            }
            for inner in &block.items {
                match inner {
                    ImplItem::Fn(method) if is_public(&method.vis) && !is_hidden(&method.attrs) => {
                        self.lines.insert(format!("{name}: {}", compact(&method.sig)));
                    }
                    ImplItem::Const(constant) if is_public(&constant.vis) => {
                        let ty = compact(&constant.ty);
                        self.lines.insert(format!("{name}: const {}: {ty}", constant.ident));
                    }
                    _ => {}
                }
            }
        }
    }
}

/// The body of `settings!`: a struct with the names of shared groups of fields.
struct Settings {
    name: syn::Ident,
    generics: syn::Generics,
    groups: Vec<syn::Ident>,
    own: syn::FieldsNamed,
}

impl syn::parse::Parse for Settings {
    fn parse(input: syn::parse::ParseStream) -> syn::Result<Self> {
        syn::Attribute::parse_outer(input)?;
        input.parse::<Visibility>()?;
        input.parse::<syn::Token![struct]>()?;
        let (name, generics) = (input.parse()?, input.parse()?);
        input.parse::<syn::Token![:]>()?;
        let mut groups = vec![input.parse()?];
        while input.parse::<Option<syn::Token![,]>>()?.is_some() {
            groups.push(input.parse()?);
        }
        Ok(Self { name, generics, groups, own: input.parse()? })
    }
}

/// The fields that `settings!` adds for a group, as written in the macro's arm.
fn shared(group: &syn::Ident) -> syn::FieldsNamed {
    let text = include_str!("../src/recipes/settings.rs");
    let arm = text.split(&format!("(@ [{group} ")).nth(1).expect("an arm of the macro");
    let fields = arm.split("$($fields)*\n").nth(1).expect("fields of before");
    let fields = fields.split("] $own }").next().expect("fields of its own");
    syn::parse_str(&format!("{{ {fields} }}")).expect("fields")
}

/// The body of `recipes!`.
struct Recipes(Vec<syn::Ident>);

impl syn::parse::Parse for Recipes {
    fn parse(input: syn::parse::ParseStream) -> syn::Result<Self> {
        let mut names = Vec::new();
        while !input.is_empty() {
            syn::Attribute::parse_outer(input)?;
            names.push(input.parse()?);
            input.parse::<syn::LitStr>()?;
            input.parse::<syn::Token![,]>()?;
        }
        Ok(Self(names))
    }
}

fn named(item: &Item) -> Option<String> {
    Some(match item {
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Const(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Macro(item) if item.mac.path.is_ident("recipes") => "Algorithm".into(),
        Item::Macro(item) if item.mac.path.is_ident("settings") => {
            item.mac.parse_body::<Settings>().ok()?.name.to_string()
        }
        _ => return None,
    })
}

fn is_listed(item: &Item) -> bool {
    match item {
        Item::Fn(item) => is_public(&item.vis) && !is_hidden(&item.attrs),
        Item::Const(item) => is_public(&item.vis),
        Item::Type(item) => is_public(&item.vis),
        Item::Struct(item) => is_public(&item.vis),
        Item::Enum(item) => is_public(&item.vis),
        Item::Trait(item) => is_public(&item.vis),
        Item::Macro(_) => true,
        _ => false,
    }
}

#[test]
fn the_public_api_is_what_is_listed() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let all = Crate::read(&root.join("src"));
    let mut listing = Listing {
        all: &all,
        lines: BTreeSet::new(),
        types: BTreeSet::new(),
        seen: BTreeSet::new(),
        first: BTreeMap::new(),
    };
    listing.module(&Vec::new());
    listing.methods();
    let now: String = listing.lines.iter().map(|line| format!("{line}\n")).collect();
    let path = root.join("api.txt");
    if std::env::var_os("COFIL_UPDATE").is_some() {
        std::fs::write(&path, &now).expect("the listing can be written");
    }
    let listed = std::fs::read_to_string(&path).expect("api.txt beside Cargo.toml");
    let (listed, now): (BTreeSet<&str>, BTreeSet<&str>) =
        (listed.lines().collect(), now.lines().collect());
    let gone: Vec<_> = listed.difference(&now).collect();
    let new: Vec<_> = now.difference(&listed).collect();
    assert!(
        gone.is_empty() && new.is_empty(),
        "the public API changed; if that is meant, run COFIL_UPDATE=1 cargo test -p cofil --test api\n\
         gone: {gone:#?}\nnew: {new:#?}"
    );
    assert!(now.len() > 300, "the sources are where they are expected");
}

#[test]
fn every_public_module_has_an_example_that_runs() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let listed = std::fs::read_to_string(root.join("api.txt")).expect("api.txt beside Cargo.toml");
    let modules: Vec<&str> = listed.lines().filter_map(|line| line.strip_prefix("mod ")).collect();
    assert!(modules.len() > 10, "{modules:?}");
    for module in modules {
        let place = root.join("src").join(module.replace("::", "/"));
        let flat = place.with_extension("rs");
        let file = if flat.exists() { flat } else { place.join("mod.rs") };
        let text = std::fs::read_to_string(&file).expect("the file of a module");
        let mut about = text.lines().take_while(|line| line.starts_with("//!"));
        assert!(about.any(|line| line == "//! ```"), "{module} has no example at its head");
    }
}
