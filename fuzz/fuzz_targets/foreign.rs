#![no_main]
cofil_fuzz::target!(cofil_fuzz::foreign);
